# Traps, what waits say of signals, and stops that are undone at once.
sh -c 'trap "echo caught" TERM; kill -TERM $$; echo after'
sh -c 'trap "echo bye" EXIT; exit 3'; echo "status $?"
sleep 100 & kill $!; wait $! 2>/dev/null; echo "status $?"
sh -c 'exit 7' & wait $!; echo "status $?"
timeout 1 sleep 50; echo "status $?"
sleep 0.3 & p=$!; kill -STOP $p; sleep 0.1; grep State /proc/$p/status; kill -CONT $p; wait $p; echo "status $?"
setsid sh -c 'sleep 100 & sleep 100 & kill -9 0' 2>/dev/null; echo "status $?"
# Whoever is told to go on goes on, whatever it had taken before.
i=0
while [ $i -lt 40 ]; do
    sleep 0.05 & p=$!
    kill -STOP $p; kill -CONT $p
    wait $p || echo "status $? of round $i"
    i=$((i + 1))
done
echo "rounds $i"
# Nothing ends the first process that it has not asked for.
kill -9 1; kill -STOP 1; echo "first $?"
# Nobody looks after this group: a stop from a terminal does not stop it.
setsid sh -c 'kill -TSTP $$; echo goes on'
# Neither by group nor by number does another user end what is not its own.
echo 'other:x:65534:65534:other:/:/bin/sh' > /etc/passwd
sleep 100 & p=$!
su other -s /bin/sh -c "kill -9 $p; kill -9 -1; true" 2>/dev/null
kill -0 $p && echo "still there"; kill $p
