.PHONY: build test run format chaos bench docs clean

# What a fresh machine needs beyond the JDK, Maven, Node and make is fetched by Maven and npm.
build:
	./.ci/build

run: build
	node client-js-stub/demo/run.mjs

test:
	./.ci/test

format:
	mvn -q spotless:apply

clean:
	mvn -q clean
	rm -rf client-js-stub/dist client-js-stub/node_modules
