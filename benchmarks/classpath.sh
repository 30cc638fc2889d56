# Sourced from the project's directory: builds, and sets classpath, jvm_args and commit.
mvn -q -pl benchmarks -am -DskipTests package >&2
classpath="benchmarks/target/classes:benchmarks/target/lib/*"
jvm_args=$(sed -n 's:.*<rejoin.jvm.args>\(.*\)</rejoin.jvm.args>.*:\1:p' pom.xml)
commit=$(git describe --always --dirty)
