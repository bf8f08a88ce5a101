# The forms that script/test holds the code to.
# shellcheck shell=bash

sources() { { find admin bench common handler refresher tests \( -name '*.cpp' -o -name '*.h' \) 2>/dev/null || true; } | sort; }

check_format() {
    sources | xargs clang-format --dry-run -Werror || { say "clang-format -i puts it right"; return 1; }
}

check_scripts() {
    { grep -rlE '^#!/bin/(ba)?sh' script .ci tests bench conf; ls script/*.sh; } | sort -u | xargs shellcheck -x
}

# FILE and all that it includes of ours, on one line, for each source file.
include_closures() {
    # shellcheck disable=SC2046  # no name of ours has a space
    awk '
        FNR == 1 { files[FILENAME] = 1 }
        /^#include "/ { split($0, part, "\""); edges[FILENAME] = edges[FILENAME] " " part[2] }
        function walk(file, list, n, i) {
            if (file in seen || !(file in files)) { return }
            seen[file] = 1
            line = line " " file
            n = split(edges[file], list, " ")
            for (i = 1; i <= n; i++) { walk(list[i]) }
        }
        END {
            for (file in files) {
                if (file ~ /\.cpp$/) { delete seen; line = ""; walk(file); print file line }
            }
        }' $(sources)
}

# check_tidy BUILD_DIR FOLDER...: clang-tidy on each file there that the build compiles, and that has changed, itself or in what it
# includes, since it was last found clean.
check_tidy() {
    local dir=$1
    shift
    local folders=" $* " kept=${XDG_CACHE_HOME:-$HOME/.cache}/rtbatch/tidy base file closure key todo
    mkdir -p "$kept"
    find "$kept" -type f -mtime +30 -delete
    base=$(clang-tidy --version | sha256sum; sha256sum .clang-tidy)
    todo=$dir/tidy-todo
    : >"$todo"
    while read -r file closure; do
        [[ $folders == *" ${file%%/*} "* ]] || continue
        grep -qF "\"$PWD/$file\"" "$dir/compile_commands.json" || continue
        # shellcheck disable=SC2086
        key=$( (printf '%s\n' "$base"; sha256sum $closure) | sha256sum | cut -c1-40)
        [ -e "$kept/$key" ] || printf '%s %s\n' "$kept/$key" "$file" >>"$todo"
    done < <(include_closures)
    say "clang-tidy on $(wc -l <"$todo") files"
    # shellcheck disable=SC2016
    xargs -r -P "$(build_jobs)" -L 1 bash -c 'clang-tidy -p "$0" --quiet "$2" 2>/dev/null && touch "$1"' "$dir" <"$todo"
}
