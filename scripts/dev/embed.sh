#!/bin/sh
# Writes the assembler file that carries the Lua sources and example data inside the program: sh scripts/dev/embed.sh OUT.s FILE...
# The table it defines, lb_embedded_files, is declared in src/host/embed.h; a name is the path below lua/.
set -eu

if [ $# -lt 1 ]; then
  echo "usage: embed.sh OUT.s FILE..." >&2
  exit 2
fi
out=$1
shift
tmp=$out.tmp

text_of() { # the bytes of one file, and the name it goes by
  name=${2#lua/}
  printf '.Lname%d:\n  .asciz "%s"\n.Lstart%d:\n  .incbin "%s"\n.Lend%d:\n  .byte 0\n' \
    "$1" "$name" "$1" "$2" "$1"
}

row_of() { # one lb_embedded: name, start, end
  printf '  .quad .Lname%d, .Lstart%d, .Lend%d\n' "$1" "$1" "$1"
}

{
  printf '# Made by scripts/dev/embed.sh.\n  .section .rodata\n'
  i=0
  for file in "$@"; do
    text_of "$i" "$file"
    i=$((i + 1))
  done
  printf '  .section .data.rel.ro,"aw"\n  .balign 8\n'
  printf '  .globl lb_embedded_files\n  .type lb_embedded_files, @object\nlb_embedded_files:\n'
  i=0
  while [ "$i" -lt $# ]; do
    row_of "$i"
    i=$((i + 1))
  done
  printf '  .size lb_embedded_files, . - lb_embedded_files\n'
  printf '  .globl lb_embedded_count\n  .type lb_embedded_count, @object\n  .balign 8\n'
  printf 'lb_embedded_count:\n  .quad %d\n  .size lb_embedded_count, 8\n' "$#"
  printf '  .section .note.GNU-stack,"",@progbits\n'
} >"$tmp"
mv "$tmp" "$out"
