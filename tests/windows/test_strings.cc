/* SPDX-License-Identifier: ISC */

/*
 * std::wstring and what is made of it have UTF-16 inside. C++, because that is where the library's
 * own code for wchar_t could get in between; no test framework, which has no use for that.
 */
#include <string>

#include <windows.h>

#include <map>
#include <unordered_map>

#define CHECK(condition)                                                  \
    do {                                                                  \
        if (!(condition)) {                                               \
            fprintf(stderr, "%s:%d: %s\n", __FILE__, __LINE__, #condition); \
            return 1;                                                     \
        }                                                                 \
    } while (0)

int main()
{
    std::wstring text(L"a\U0001F600");
    std::map<std::wstring, int> ordered;
    std::unordered_map<std::wstring, int> hashed;
    WCHAR buffer[8];

    CHECK(text.size() == 3 && text[1] == 0xD83D);
    for (int i = 0; i < 100; i++)
        text += L"-and-a-text-longer-than-the-small-one";
    CHECK(text.size() == 3 + 100 * 37 && text.substr(3, 4) == L"-and");
    CHECK(text.find(L"longer") == 3 + 12);
    CHECK(std::to_wstring(-42) + std::to_wstring(4000000000u) == L"-424000000000");
    CHECK(std::stoi(L"77") == 77 && std::stoul(L"ff", nullptr, 16) == 255);
    ordered[L"b"] = 1;
    ordered[L"a"] = 2;
    CHECK(ordered.begin()->second == 2);
    hashed[text] = 3;
    CHECK(hashed[std::wstring(text.c_str())] == 3);
    CHECK(swprintf_s(buffer, L"%ls %d", L"ab", 12) == 5 && std::wstring(buffer) == L"ab 12");
    CHECK(wcscpy_s(buffer, L"12345678") == ERANGE && buffer[0] == 0);
    CHECK(std::wcschr(L"abc", L'c') != nullptr && _countof(buffer) == 8);
    CHECK((min)(2, 3L) == 2 && max(2u, 3u) == 3);
    return 0;
}
