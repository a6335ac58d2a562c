/* SPDX-License-Identifier: ISC */

/*
 * Names of languages and their identifiers, from Microsoft's list (MS-LCID, 2.2): those that
 * Windows comes in, and the countries most often asked for. A name without a country is the
 * neutral language.
 *
 * L(name, identifier)
 */
#ifndef TABLES_LANGUAGES_H
#define TABLES_LANGUAGES_H

#define LANGUAGES_TABLE(L) \
    L("ar", 0x0001) L("ar-SA", 0x0401) \
    L("bg", 0x0002) L("bg-BG", 0x0402) \
    L("ca", 0x0003) L("ca-ES", 0x0403) \
    L("cs", 0x0005) L("cs-CZ", 0x0405) \
    L("da", 0x0006) L("da-DK", 0x0406) \
    L("de", 0x0007) L("de-DE", 0x0407) L("de-CH", 0x0807) L("de-AT", 0x0C07) \
    L("el", 0x0008) L("el-GR", 0x0408) \
    L("en", 0x0009) L("en-US", 0x0409) L("en-GB", 0x0809) L("en-AU", 0x0C09) L("en-CA", 0x1009) \
    L("en-NZ", 0x1409) L("en-IE", 0x1809) L("en-ZA", 0x1C09) L("en-IN", 0x4009) \
    L("es", 0x000A) L("es-ES", 0x0C0A) L("es-MX", 0x080A) L("es-AR", 0x2C0A) L("es-CL", 0x340A) \
    L("et", 0x0025) L("et-EE", 0x0425) \
    L("fi", 0x000B) L("fi-FI", 0x040B) \
    L("fr", 0x000C) L("fr-FR", 0x040C) L("fr-BE", 0x080C) L("fr-CA", 0x0C0C) L("fr-CH", 0x100C) \
    L("he", 0x000D) L("he-IL", 0x040D) \
    L("hr", 0x001A) L("hr-HR", 0x041A) \
    L("hu", 0x000E) L("hu-HU", 0x040E) \
    L("id", 0x0021) L("id-ID", 0x0421) \
    L("is", 0x000F) L("is-IS", 0x040F) \
    L("it", 0x0010) L("it-IT", 0x0410) L("it-CH", 0x0810) \
    L("ja", 0x0011) L("ja-JP", 0x0411) \
    L("ko", 0x0012) L("ko-KR", 0x0412) \
    L("lt", 0x0027) L("lt-LT", 0x0427) \
    L("lv", 0x0026) L("lv-LV", 0x0426) \
    L("nb", 0x7C14) L("nb-NO", 0x0414) \
    L("nl", 0x0013) L("nl-NL", 0x0413) L("nl-BE", 0x0813) \
    L("pl", 0x0015) L("pl-PL", 0x0415) \
    L("pt", 0x0016) L("pt-BR", 0x0416) L("pt-PT", 0x0816) \
    L("ro", 0x0018) L("ro-RO", 0x0418) \
    L("ru", 0x0019) L("ru-RU", 0x0419) \
    L("sk", 0x001B) L("sk-SK", 0x041B) \
    L("sl", 0x0024) L("sl-SI", 0x0424) \
    L("sv", 0x001D) L("sv-SE", 0x041D) L("sv-FI", 0x081D) \
    L("th", 0x001E) L("th-TH", 0x041E) \
    L("tr", 0x001F) L("tr-TR", 0x041F) \
    L("uk", 0x0022) L("uk-UA", 0x0422) \
    L("vi", 0x002A) L("vi-VN", 0x042A) \
    L("zh", 0x7804) L("zh-CN", 0x0804) L("zh-TW", 0x0404) L("zh-HK", 0x0C04) L("zh-SG", 0x1004) \
    L("zh-Hans", 0x0004) L("zh-Hant", 0x7C04)

#endif
