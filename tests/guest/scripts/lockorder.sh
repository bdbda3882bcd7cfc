# What the kernel says of its own locks, as programs see it. Where the checker is off, files that need it say so.
cd /proc/lockorder; ls
head -n 1 hierarchy
echo "$(grep -c '^[0-9]* [A-Z]' hierarchy) levels"
grep '  40\.[0-2] ' hierarchy | cut -d: -f1
awk '{split($1, rank, "."); number = rank[1] * 64 + rank[2]; if (number < last) print "out of order:", $0; last = number}' classes
grep ' RecordLocks ' classes | cut -d' ' -f1-4
grep -c selftest classes
for file in edges stat ../dag_stats; do
    grep -qE 'is off in this kernel|^([A-Z][A-Za-z]* -> |class acquisitions |total_acquisitions: [1-9])' $file && echo "$file tells"
done
awk 'NF != 4 && $1 != "others" {print "odd:", $0}' unimplemented
echo x > classes 2>/dev/null || echo "told, not asked"
# A wrong order would be a violation, and there is none.
grep -E 'violations_detected: [1-9]' /proc/dag_stats
ls -l /proc/self/exe | sed 's/.* -> //'
su user -s /bin/sh -c 'cat /proc/1/environ; ls /proc/1/fd; cat /proc/1/maps' 2>&1
exit 0
