# Many processes at once, again and again; no memory may be missing after them.
free() { sleep 1; awk '/MemFree/ { print $2 }' /proc/meminfo; }
mkdir /tmp/q; cd /tmp/q
storm() {
    i=0; while [ $i -lt 300 ]; do (:) & i=$((i + 1)); done; wait
    i=0; while [ $i -lt 300 ]; do (echo $i > f$i; cat f$i > /dev/null; rm f$i) & i=$((i + 1)); done; wait
    i=0; while [ $i -lt 10 ]; do yes | head -n 100 | cat > /dev/null; i=$((i + 1)); done
}
storm
before=$(free)
storm; storm; storm
after=$(free)
ls | wc -l
# What CPUs keep at hand for the next one is not missing.
if [ $((before - after)) -lt 1500 ]; then echo "nothing is missing"; else echo "$before kB became $after kB"; fi
