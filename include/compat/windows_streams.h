/* SPDX-License-Identifier: ISC */

/*
 * Streams and conversions of wchar_t live in the C++ library, where it has four bytes. Without a
 * constructor, or never defined, they do not compile, instead of writing beyond their memory.
 */

#ifndef WSMWIN_STREAMS_H
#define WSMWIN_STREAMS_H

#include <iosfwd>
#include <locale>

namespace std
{
#define WSMWIN_NO_STREAM(name)                             \
    template <> class name<wchar_t>                        \
    {                                                      \
        template <typename... Arguments> name(Arguments...) = delete; \
    };
WSMWIN_NO_STREAM(basic_istringstream)
WSMWIN_NO_STREAM(basic_ostringstream)
WSMWIN_NO_STREAM(basic_stringstream)
WSMWIN_NO_STREAM(basic_ifstream)
WSMWIN_NO_STREAM(basic_ofstream)
WSMWIN_NO_STREAM(basic_fstream)
#undef WSMWIN_NO_STREAM
template <typename Codecvt, typename Wide, typename Bytes>
class wstring_convert<Codecvt, wchar_t, Wide, Bytes>;
} // namespace std

#endif
