/* SPDX-License-Identifier: ISC */

/*
 * Streams and conversions of wchar_t live in the C++ library, where it has four bytes. Declared
 * and never defined here, they do not compile, instead of writing beyond their memory.
 */

#ifndef WSMWIN_STREAMS_H
#define WSMWIN_STREAMS_H

#include <iosfwd>
#include <locale>

namespace std
{
template <> class basic_streambuf<wchar_t>;
template <> class basic_ostream<wchar_t>;
template <> class basic_iostream<wchar_t>;
template <> class basic_stringbuf<wchar_t>;
template <> class basic_istringstream<wchar_t>;
template <> class basic_ostringstream<wchar_t>;
template <> class basic_stringstream<wchar_t>;
template <> class basic_filebuf<wchar_t>;
template <> class basic_ifstream<wchar_t>;
template <> class basic_ofstream<wchar_t>;
template <> class basic_fstream<wchar_t>;
template <typename Codecvt, typename Wide, typename Bytes>
class wstring_convert<Codecvt, wchar_t, Wide, Bytes>;
} // namespace std

#endif
