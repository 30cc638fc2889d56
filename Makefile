.PHONY: build test run format simulation chaos chaos-long teeth flow storm bench docs clean

# What a fresh machine needs beyond the JDK, Maven, Node and make is fetched by Maven and npm.
build:
	./.ci/build

run: build
	node client-js-stub/demo/run.mjs

test:
	./.ci/test

format:
	mvn -q spotless:apply
	cd client-js-stub && npm run format

# Simulated clusters under faults; SIMULATION takes options, for instance SIMULATION="-Dsimulation.seed=7 -Dsimulation.schedules=1000".
simulation:
	mvn -q -pl broker-node -am package -DskipTests
	java -Xmx512m $(SIMULATION) -cp "broker-node/target/test-classes:broker-node/target/dist/lib/*" io.rejoin.room.SimulationRun

# Real nodes under faults, as root; CHAOS takes other options of chaos-tests/run, for instance CHAOS="--seed 7 --nodes 5 --nemesis kill-owner,loss".
CHAOS = --seed 1 --runs 10 --nodes 3,5 --seconds 150
chaos:
	mvn -q -pl chaos-tests -am package -DskipTests
	chaos-tests/run $(CHAOS)

# The same for hours.
chaos-long:
	$(MAKE) chaos CHAOS="--seed 101 --runs 40 --nodes 3,5 --seconds 600"

# Nodes with a planted fault, until a checker finds each; TEETH takes options of chaos-tests/teeth, for instance TEETH="--mutant gate-off".
teeth:
	mvn -q -pl chaos-tests -am package -DskipTests
	chaos-tests/teeth $(TEETH)

# Clients that read too little or send too much; FLOW takes options, for instance FLOW="-Dflow.seed=7 -Dflow.shows=floods".
flow:
	mvn -pl chaos-tests -am verify -Dtest=NoUnitTest -Dit.test=FlowIT -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false -Dflow.size=large $(FLOW)

# Thousands of clients while nodes are restarted and killed; STORM takes options, for instance STORM="-Dstorm.clients=1000".
storm:
	mvn -pl chaos-tests -am verify -Dtest=NoUnitTest -Dit.test=StormIT -Dsurefire.failIfNoSpecifiedTests=false -Dfailsafe.failIfNoSpecifiedTests=false -Dstorm.size=large $(STORM)

bench:
	benchmarks/run-append
	benchmarks/run-fanout

# Writes the parts of docs/ that come from the code.
docs:
	mvn -q -pl broker-node -am test -Drejoin.update-docs=true

clean:
	mvn -q clean
	rm -rf client-js-stub/dist client-js-stub/node_modules client-js-stub/.test-build client-js-stub/.e2e-build
