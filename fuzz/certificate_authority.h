/* SPDX-License-Identifier: ISC */

/* The authority that has signed the seeds of fuzz_certificate, until 2126. Its key is nobody's. */
#ifndef FUZZ_CERTIFICATE_AUTHORITY_H
#define FUZZ_CERTIFICATE_AUTHORITY_H

static const char certificate_authority[] =
    "-----BEGIN CERTIFICATE-----\n"
    "MIIBnTCCAUKgAwIBAgIUJZazrt3Rl4gWIjRuyQTwt3n72jAwCgYIKoZIzj0EAwIw\n"
    "KzEQMA4GA1UECgwHRXhhbXBsZTEXMBUGA1UEAwwOcm9vdCBhdXRob3JpdHkwIBcN\n"
    "MjYxMTIxMTk1MjA2WhgPMjEyNjEwMjgxOTUyMDZaMCsxEDAOBgNVBAoMB0V4YW1w\n"
    "bGUxFzAVBgNVBAMMDnJvb3QgYXV0aG9yaXR5MFkwEwYHKoZIzj0CAQYIKoZIzj0D\n"
    "AQcDQgAEHnfAVFjIkiq3Cci5Kl9/6J/uVmbOwkQwvqGzZl0h/z4li2LNeFo550Fa\n"
    "KnhUi7p0o7eE6pZRQwMUpwvwPgLevaNCMEAwDwYDVR0TAQH/BAUwAwEB/zAOBgNV\n"
    "HQ8BAf8EBAMCAQYwHQYDVR0OBBYEFGe6mbAYl3bWZR0W4R1WvxSUtGw/MAoGCCqG\n"
    "SM49BAMCA0kAMEYCIQCpLxp/3RIaIhLRaAvDF0pceRBIRuc11FidBEv3j33ycAIh\n"
    "APGktxF8GVAd9hXZb9F8Edai1/XWNfFHAz2zR53QadSu\n"
    "-----END CERTIFICATE-----\n";

#endif
