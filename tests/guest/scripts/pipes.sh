# Pipelines: all bytes arrive, ends are seen, a pipe can be asked what it is, writers without readers end.
dd if=/dev/zero bs=1k count=1024 2>/dev/null | cat | cat | cat | wc -c
yes | head -n 2
yes | head -n 20000 | wc -l
seq 1 20000 | sort -n | tail -n 1
dd if=/dev/zero bs=1M count=20 2>/dev/null | md5sum
cd /tmp && mkdir d && echo 1 > d/a && tar c d | tar t
false | true; echo "status $?"
i=0; while [ $i -lt 30 ]; do yes | head -n 500 | cat | wc -l; i=$((i+1)); done | uniq -c | tr -s ' '
cat <<E | tr a-z A-Z
here $((1+2))
E
