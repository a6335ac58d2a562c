/* SPDX-License-Identifier: ISC */

/* The C++ headers that have to come before the old annotations of sal.h become macros. */

#ifndef WSMWIN_STANDARD_H
#define WSMWIN_STANDARD_H

#include <algorithm>
#include <chrono>
#include <functional>
#include <iostream>
#include <locale>
#include <memory>
#include <regex>
#include <string>
#include <thread>
#include <tuple>

#endif
