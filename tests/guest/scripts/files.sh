# Redirections, links, permissions and the errors of paths.
cd /tmp
echo a > f; echo b >> f; cat f; cat <> f | wc -l
ls /none 2>&1
ln -s l1 l2; ln -s l2 l1; cat l1 2>&1; cat f/x 2>&1
ln f g; ln -s f h; mkdir d; cp -a f g h d; ls -1 d; readlink d/h
exec 3> u; rm u; echo text >&3; ls u 2>&1; exec 3>&-
printf 'abc\n' > s; sed -i s/b/X/ s; cat s
echo secret > p; chmod 600 p
echo 'other:x:65534:65534:other:/:/bin/sh' > /etc/passwd
su other -s /bin/sh -c 'id -u; cat /tmp/p; echo > /etc/x' 2>&1
(exit 5); echo "status $?"; x=$(echo y; exit 6); echo "$x $?"
n=$(printf '%300s' | tr ' ' a); (echo > $n) 2>/dev/null || echo too long
# Descriptors are held to their limit, which comes down and does not go up again.
sh -c 'ulimit -n 20; ulimit -n; exec 5> five && echo five'
su other -s /bin/sh -c 'ulimit -n 20; ulimit -n 30 2>/dev/null || echo stays'
find / -xdev > /dev/null 2>&1; echo "status $?"
# Processor time is counted.
sh -c 'i=0; while [ $i -lt 100000 ]; do i=$((i+1)); done; times' | head -n 1 | grep -vc '^0m0.000'
