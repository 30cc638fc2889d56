package io.rejoin;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.base.DescribedPredicate.not;
import static com.tngtech.archunit.core.domain.JavaCall.Predicates.target;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.core.domain.properties.HasOwner.Predicates.With.owner;
import static com.tngtech.archunit.lang.conditions.ArchConditions.be;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.Architectures.layeredArchitecture;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.time.Instant;
import java.util.concurrent.Executors;

/** Who may know whom; packages that are still to come are named, and allowed to be empty. */
@AnalyzeClasses(packages = "io.rejoin", importOptions = DoNotIncludeTests.class)
class ArchitectureTest {

    private static final DescribedPredicate<JavaClass> PROVIDERS = describe(
            "Main and Wiring, which provide time, threads and randomness",
            type -> isIn(type, "io.rejoin.Main", "io.rejoin.Wiring"));

    private static final DescribedPredicate<JavaClass> ASSEMBLY =
            describe("Wiring and BrokerNode", type -> isIn(type, "io.rejoin.Wiring", "io.rejoin.BrokerNode"));

    @ArchTest
    static final ArchRule packagesImportLowerLayersOnly = layeredArchitecture()
            .consideringOnlyDependenciesInLayers()
            .withOptionalLayers(true)
            .layer("value")
            .definedBy("io.rejoin.value..")
            .layer("protocol")
            .definedBy("io.rejoin.protocol..")
            .layer("auth")
            .definedBy("io.rejoin.auth..")
            .layer("flow")
            .definedBy("io.rejoin.flow..")
            .layer("quorum")
            .definedBy("io.rejoin.quorum..")
            .layer("room")
            .definedBy("io.rejoin.room..")
            .layer("presence")
            .definedBy("io.rejoin.presence..")
            .layer("tls")
            .definedBy("io.rejoin.tls..")
            .layer("session")
            .definedBy("io.rejoin.session..")
            .layer("transport")
            .definedBy("io.rejoin.transport..")
            .layer("cluster")
            .definedBy("io.rejoin.cluster..")
            .layer("api")
            .definedBy("io.rejoin.api..")
            .layer("ops")
            .definedBy("io.rejoin.ops..")
            .layer("config")
            .definedBy("io.rejoin.config..")
            .layer("node")
            .definedBy("io.rejoin")
            .whereLayer("value")
            .mayNotAccessAnyLayer()
            .whereLayer("protocol")
            .mayOnlyAccessLayers("value")
            .whereLayer("tls")
            .mayNotAccessAnyLayer()
            .whereLayer("auth")
            .mayOnlyAccessLayers("value")
            .whereLayer("flow")
            .mayOnlyAccessLayers("value", "protocol")
            .whereLayer("room")
            .mayOnlyAccessLayers("value", "protocol", "flow")
            .whereLayer("quorum")
            .mayNotAccessAnyLayer()
            .whereLayer("presence")
            .mayOnlyAccessLayers("value", "protocol")
            .whereLayer("session")
            .mayOnlyAccessLayers("value", "protocol", "auth", "flow", "room", "presence")
            .whereLayer("transport")
            .mayOnlyAccessLayers("value", "protocol", "auth", "flow", "tls", "session")
            .whereLayer("cluster")
            .mayOnlyAccessLayers("value", "protocol", "auth", "flow", "quorum", "room", "presence", "session")
            .whereLayer("api")
            .mayOnlyAccessLayers("value", "auth", "tls")
            .whereLayer("ops")
            .mayOnlyAccessLayers("value", "protocol", "auth", "flow", "tls", "room", "presence", "session")
            .whereLayer("node")
            .mayNotBeAccessedByAnyLayer()
            .whereLayer("config")
            .mayOnlyBeAccessedByLayers("node")
            // Every package declares what it counts; ops is where it is counted.
            .ignoreDependency(resideInAPackage("io.rejoin.ops.."), simpleNameEndingWith("Metrics"));

    @ArchTest
    static final ArchRule packagesHaveNoCycles =
            slices().matching("io.rejoin.(*)..").should().beFreeOfCycles().allowEmptyShould(true);

    @ArchTest
    static final ArchRule hazelcastStaysInTheCluster = noClasses()
            .that()
            .resideOutsideOfPackages("io.rejoin.cluster..", "io.rejoin.clusterconfig..")
            .and(not(ASSEMBLY))
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.hazelcast..");

    @ArchTest
    static final ArchRule socketsStayInTransportApiAndOps = noClasses()
            .that()
            .resideOutsideOfPackages("io.rejoin.transport..", "io.rejoin.api..", "io.rejoin.ops..", "io.rejoin.tls..")
            .and()
            .resideOutsideOfPackage("io.rejoin.clusterconfig..") // Options of the bus have types of sockets.
            .should()
            .dependOnClassesThat()
            .resideInAnyPackage("io.vertx.core.http..", "io.vertx.core.net..", "io.netty..");

    @ArchTest
    static final ArchRule formatsOfTokensStayInAuth = noClasses()
            .that()
            .resideOutsideOfPackage("io.rejoin.auth..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("com.nimbusds..");

    @ArchTest
    static final ArchRule authKnowsFuturesOnlyOfVertx = noClasses()
            .that()
            .resideInAPackage("io.rejoin.auth..")
            .should()
            .dependOnClassesThat(describe(
                    "are of Vert.x, futures excepted",
                    type -> type.getPackageName().startsWith("io.vertx")
                            && !type.getName().equals("io.vertx.core.Future")
                            && !type.getName().equals("io.vertx.core.Promise")
                            && !type.getName().equals("io.vertx.core.AsyncResult")));

    @ArchTest
    static final ArchRule eventBusStaysInTheCluster = noClasses()
            .that()
            .resideOutsideOfPackages("io.rejoin.cluster..", "io.rejoin.clusterconfig..")
            .should()
            .dependOnClassesThat()
            .resideInAPackage("io.vertx.core.eventbus..");

    @ArchTest
    static final ArchRule valueKnowsTheJdkOnly = classes()
            .that()
            .resideInAPackage("io.rejoin.value..")
            .should()
            .onlyDependOnClassesThat()
            .resideInAnyPackage("java..", "io.rejoin.value..", "org.jspecify..");

    @ArchTest
    static final ArchRule valueHasOnlyRecordsEnumsAndSealedInterfaces = classes()
            .that()
            .resideInAPackage("io.rejoin.value..")
            .and()
            .doNotHaveSimpleName("package-info")
            .should(be(describe("a record, an enum or a sealed interface", ArchitectureTest::isValue)));

    @ArchTest
    static final ArchRule protocolDoesNotWait = noClasses()
            .that()
            .resideInAPackage("io.rejoin.protocol..")
            .should()
            .dependOnClassesThat(describe(
                    "are of Vert.x, buffers excepted",
                    type -> type.getPackageName().startsWith("io.vertx")
                            && !type.getPackageName().startsWith("io.vertx.core.buffer")));

    @ArchTest
    static final ArchRule timeIsPassedIn = noClasses()
            .that(not(PROVIDERS))
            .should()
            .callMethod(System.class, "currentTimeMillis")
            .orShould()
            .callMethod(System.class, "nanoTime")
            .orShould()
            .callMethod(Instant.class, "now");

    @ArchTest
    static final ArchRule randomnessIsPassedIn =
            noClasses().that(not(PROVIDERS)).should().callMethod(Math.class, "random");

    @ArchTest
    static final ArchRule threadsArePassedIn = noClasses()
            .that(not(PROVIDERS))
            .should()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(Thread.class, "sleep", long.class, int.class)
            .orShould()
            .callConstructorWhere(target(owner(describe("a thread", type -> type.isAssignableTo(Thread.class)))))
            .orShould()
            .dependOnClassesThat()
            .belongToAnyOf(Executors.class);

    @ArchTest
    static final ArchRule logsGoThroughSlf4j = noClasses()
            .that(not(PROVIDERS))
            .should()
            .accessField(System.class, "out")
            .orShould()
            .accessField(System.class, "err")
            .orShould()
            .dependOnClassesThat()
            .resideInAPackage("java.util.logging..");

    private static boolean isValue(JavaClass type) {
        return type.isRecord()
                || type.isEnum()
                || (type.isInterface() && type.reflect().isSealed());
    }

    /** Whether the class is one of those, or nested in one. */
    private static boolean isIn(JavaClass type, String... names) {
        for (String name : names) {
            if (type.getName().equals(name) || type.getName().startsWith(name + "$")) {
                return true;
            }
        }
        return false;
    }
}
