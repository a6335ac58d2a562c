# SPDX-License-Identifier: ISC
#
# What ./check and ./demo have in common: packages, a temporary folder, and giving up root.
# Sourced by bash with `root` (the tree) set. Sets `work`, a folder of our own that is removed at
# the end, and ends only processes that it started.

umask 022
export LC_ALL=C.UTF-8 PYTHONDONTWRITEBYTECODE=1
unset MAKEFLAGS CFLAGS CXXFLAGS CPPFLAGS LDFLAGS DESTDIR

# Where programs are looked for, also those that packages would bring.
program_path=/usr/local/bin:/usr/bin:/bin

say() {
    printf '%s\n' "$*"
}

die() {
    printf '%s: %s\n' "${0##*/}" "$*" >&2
    exit 1
}

# Packages of these uses (first column of the file `packages`) that are not installed, nor the command
# that a third column says is enough.
missing_packages() {
    local use package command
    while read -r use package command; do
        case " $* " in
        *" $use "*)
            [ -z "$command" ] || ! (PATH=$program_path command -v "$command") >/dev/null || continue
            dpkg-query -W -f '${Status}\n' "$package" 2>/dev/null | grep -q '^install ok' ||
                say "$package" ;;
        esac
    done <"$root/packages" | sort -u
}

# The only step that needs rights: root's own, or sudo's. sudo may ask for its password where there
# is a terminal to ask at; nobody is asked anything else.
install_packages() {
    local missing sudo=(sudo) as_root=()
    missing=$(missing_packages "$@")
    [ -n "$missing" ] || return 0
    if [ "$(id -u)" -ne 0 ]; then
        [ -t 0 ] || sudo=(sudo -n)
        if ! command -v sudo >/dev/null || ! "${sudo[@]}" true; then
            die "please install, as root: apt-get install" $missing
        fi
        as_root=("${sudo[@]}")
    fi
    say "installing" $missing
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq update >"$work/apt.log" 2>&1
    # Somebody else may be installing something.
    "${as_root[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -qq install -y \
        -o DPkg::Lock::Timeout=600 --no-install-recommends $missing >>"$work/apt.log" 2>&1 ||
        { tail -n 20 "$work/apt.log" >&2; die "the packages could not be installed"; }
}

# The Node client's packages, from npm's registry: tests/clients/node/fetch. Its tests find them by
# WINRMD_NODE, and fail without them.
fetch_node_client() {
    [ -z "${WINRMD_NODE:-}" ] || return 0
    export WINRMD_NODE=$work/node
    PATH=$program_path "$root/tests/clients/node/fetch" "$WINRMD_NODE" >"$work/npm.log" 2>&1 || {
        tail -n 20 "$work/npm.log" >&2
        say "the Node client could not be fetched: its tests are going to fail"
    }
}

# A temporary folder from which programs can be started, and its removal. Sockets lie deep in it, and
# the path of one has 107 bytes at most.
make_work_folder() {
    local place
    for place in "${TMPDIR:-/tmp}" /tmp /var/tmp; do
        [ "$(id -u)" -ne 0 ] || [ "$place" != "${TMPDIR:-}" ] || continue
        [ "${#place}" -le 30 ] || continue
        work=$(mktemp -d "$place/winrmd.XXXXXX" 2>/dev/null) || continue
        printf '#!/bin/sh\n' >"$work/try" && chmod 755 "$work/try"
        "$work/try" 2>/dev/null && break
        rm -rf "$work"
        work=
    done
    [ -n "$work" ] || die "there is no temporary folder to start programs from"
    trap 'rm -rf "$work"' EXIT
    trap 'exit 130' INT
    trap 'exit 143' TERM HUP
}

# The tree as it is now, without what git ignores.
copy_tree() {
    local git=(git -c safe.directory='*' -C "$root")
    mkdir "$1"
    if "${git[@]}" rev-parse --is-inside-work-tree >/dev/null 2>&1; then
        "${git[@]}" ls-files -z --cached --others --exclude-standard |
            tar -C "$root" --null --ignore-failed-read -cf - -T - 2>/dev/null
    else
        tar -C "$root" --exclude='./build*' -cf - .
    fi | tar -C "$1" -xf -
}

# The processes of a uid.
processes_of() {
    local folder
    for folder in /proc/[0-9]*; do
        [ "$(stat -c %u "$folder" 2>/dev/null)" != "$1" ] || say "${folder#/proc/}"
    done
}

# A number that no account has and nobody uses. By chance, so that two runs (one of them perhaps in a
# container, whose processes the other sees) do not take each other's.
free_uid() {
    local uid
    for uid in $(shuf -i 60600-64999 -n 50); do
        getent passwd "$uid" >/dev/null || getent group "$uid" >/dev/null ||
            [ -n "$(processes_of "$uid")" ] || { say "$uid"; return; }
    done
    die "there is no free uid between 60600 and 64999"
}

# What stays root when the rest goes on as somebody else: for each line "NAME PATIENCE BUILD" written
# into the pipe "ask" it runs the tests of that build that need root, beside each other. Their results
# are in the folder of that name when its pipe "done" has a line. What it runs was built by that somebody
# else: whoever starts this as root trusts the tree.
keep_root() {
    local name patience build
    mkdir "$1"
    mkfifo "$1/ask"
    chmod 622 "$1/ask"
    for name in gcc asan; do
        mkdir "$1/$name"
        mkfifo -m 644 "$1/$name/done"
    done
    # Both ends: what one has written is not lost while another begins.
    exec 9<>"$1/ask"
    while read -r name patience build <&9; do
        [ -p "$1/$name/done" ] || continue
        (root_tests "$name" "$patience" "$build" "$1/$name"; say done >"$1/$name/done") 9<&- &
    done
}

# root_tests NAME PATIENCE BUILD FOLDER: the tests of a build that need root. Logs and results are in
# FOLDER then: of tests/root, and for the plain build of tests/e2e in root mode and of cmocka's with
# real modules and accounts of PAM.
root_tests() {
    local status=0
    if [ "$1" = gcc ]; then
        CMOCKA_MESSAGE_OUTPUT=xml CMOCKA_XML_FILE=$4/accounts.xml "$3/tests/pam/test_real_accounts" \
            "$3/src/pam/winrmd-pam" >"$4/accounts.log" 2>&1 || status=$?
        [ "$status" -ne 77 ] || skipped_test "$4/accounts"
        [ -e "$4/accounts.xml" ] || : >"$4/accounts.xml"
        tests_on_own_machine "$2" "$3" "$4/end-to-end" --end-to-end
    fi
    tests_on_own_machine "$2" "$3" "$4/root"
}

# tests_on_own_machine PATIENCE BUILD FILE [OPTION]: what tests/root/run runs; FILE.log, FILE.xml.
tests_on_own_machine() {
    local status=0 file=$3
    WINRMD_PATIENCE=$1 "$root/tests/root/run" "$2" "${@:4}" --junitxml="$file.xml" \
        >"$file.log" 2>&1 || status=$?
    [ "$status" -ne 77 ] || skipped_test "$file"
    [ -e "$file.xml" ] || : >"$file.xml"
}

# skipped_test FILE: has FILE.xml say that these tests were skipped, and why, the end of FILE.log.
skipped_test() {
    say "<testsuite><testcase classname=\"tests\" name=\"${1##*/}\">" \
        "<skipped message=\"$(tail -n 1 "$1.log" | tr -d '<>&"')\"/></testcase></testsuite>" >"$1.xml"
}

# end_early UID: when root is to end, also in the middle: what still runs, and the folder.
end_early() {
    local pid
    [ -z "$keeper" ] || { kill -- "-$keeper"; wait "$keeper"; } 2>/dev/null
    for pid in $(processes_of "$1"); do
        kill -KILL "$pid" 2>/dev/null
    done
    rm -rf "$work"
}

# As root: runs this script again under a uid of its own, in a copy of the tree that it can reach,
# and ends with its status. Returns when we are not root.
give_up_root() {
    local uid status pid
    keeper=
    [ "$(id -u)" -eq 0 ] || return 0
    uid=$(free_uid) || exit 1
    copy_tree "$work/tree"
    mkdir "$work/home" "$work/tmp"
    chown -R "$uid:$uid" "$work"
    say "started as root: going on as uid $uid in a copy of the tree"
    cd "$work/tree" || exit 1
    trap 'end_early "$uid"' EXIT
    if [ "${0##*/}" = check ]; then
        # A process group of its own, which ends as a whole.
        set -m
        (root=$work/tree keep_root "$work/root") &
        keeper=$!
        set +m
    fi
    status=0
    setpriv --reuid="$uid" --regid="$uid" --clear-groups --no-new-privs env -i \
        PATH="$program_path" WINRMD_NODE="${WINRMD_NODE:-}" HOME="$work/home" TMPDIR="$work/tmp" \
        WINRMD_ROOT="${keeper:+$work/root}" TERM="${TERM:-dumb}" \
        "$work/tree/${0##*/}" "$@" || status=$?
    cd /
    for pid in $(processes_of "$uid"); do
        say "left behind: $pid $(tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline")" >&2
        kill -KILL "$pid" 2>/dev/null
        status=1
    done
    exit "$status"
}

seconds() {
    date +%s
}
