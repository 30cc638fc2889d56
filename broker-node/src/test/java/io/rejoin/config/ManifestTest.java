package io.rejoin.config;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.tuple;

import io.rejoin.auth.JwtConfig.KeyLocation;
import io.rejoin.clusterconfig.ClusterTiming;
import io.rejoin.clusterconfig.Discovery;
import java.io.IOException;
import java.io.Reader;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.constructor.SafeConstructor;

/** The manifests under k8s say the same as the settings of the nodes that they start. */
final class ManifestTest {

    private static final Path K8S = Path.of("..", "k8s");
    private static final Path FILE = K8S.resolve("base/rejoin.yaml");
    private static final String POD_IP = "10.0.0.7";

    private static final Manifest STATEFUL_SET = Manifest.read("base/statefulset.yaml");
    private static final Manifest POD = STATEFUL_SET.at("spec", "template", "spec");
    private static final Manifest NODE = POD.at("containers").named("node");
    private static final Manifest CLIENT_SERVICE = Manifest.read("base/service-client.yaml");
    private static final Manifest MEMBER_SERVICE = Manifest.read("base/service-members.yaml");
    private static final Manifest NETWORK_POLICY = Manifest.read("base/networkpolicy.yaml");

    /** A part of a YAML document, with the way to it for messages. */
    private record Manifest(String path, Object value) {

        static Manifest read(String file) {
            try (Reader reader = Files.newBufferedReader(K8S.resolve(file))) {
                return new Manifest(file, new Yaml(new SafeConstructor(new LoaderOptions())).load(reader));
            } catch (IOException missing) {
                throw new UncheckedIOException(missing);
            }
        }

        Manifest at(String... keys) {
            Manifest part = this;
            for (String key : keys) {
                part = part.in(key);
            }
            return part;
        }

        private Manifest in(String key) {
            assertThat(value).as(path).isInstanceOf(Map.class);
            Object inner = ((Map<?, ?>) value).get(key);
            assertThat(inner).as("%s.%s", path, key).isNotNull();
            return new Manifest(path + "." + key, inner);
        }

        /** The elements of a list. */
        List<Manifest> all() {
            assertThat(value).as(path).isInstanceOf(List.class);
            return ((List<?>) value)
                    .stream().map(element -> new Manifest(path + "[]", element)).toList();
        }

        Manifest named(String name) {
            return all().stream()
                    .filter(element -> name.equals(element.at("name").value()))
                    .findFirst()
                    .orElseThrow(() -> new AssertionError(path + " has no " + name));
        }

        boolean has(String key) {
            return ((Map<?, ?>) value).containsKey(key);
        }

        int number() {
            assertThat(value).as(path).isInstanceOf(Integer.class);
            return (Integer) value;
        }

        String text() {
            assertThat(value).as(path).isInstanceOf(String.class);
            return (String) value;
        }
    }

    /** The environment of a node's container, as Kubernetes would make it. */
    private static Map<String, String> environment(Manifest... containers) {
        Map<String, String> environment = new LinkedHashMap<>();
        for (Manifest container : containers) {
            container
                    .at("env")
                    .all()
                    .forEach(variable -> environment.put(
                            variable.at("name").text(), valueOf(variable).replace("$(POD_IP)", POD_IP)));
        }
        return environment;
    }

    private static String valueOf(Manifest variable) {
        if (variable.has("value")) {
            return variable.at("value").text();
        }
        Manifest from = variable.at("valueFrom");
        if (from.has("secretKeyRef")) {
            return "dGhpcnR5LXR3byBieXRlcyBmb3IgdGhlIHRlc3QhIQ==";
        }
        return "status.podIP".equals(from.at("fieldRef", "fieldPath").text()) ? POD_IP : "rejoin-0";
    }

    private static Manifest overlayNode(String overlay) {
        return Manifest.read("overlays/" + overlay + "/statefulset.yaml")
                .at("spec", "template", "spec", "containers")
                .named("node");
    }

    private static BrokerConfig load(Map<String, String> environment) throws ConfigException {
        return ConfigLoader.load(Optional.of(FILE), environment, Map.of(), "unnamed");
    }

    /** What a node of the dev overlay starts with: the base with another authentication. */
    private static BrokerConfig settings() throws ConfigException {
        return load(environment(NODE, overlayNode("dev")));
    }

    private static int containerPort(String name) {
        return NODE.at("ports").named(name).at("containerPort").number();
    }

    private static List<Integer> openPorts() {
        return NETWORK_POLICY.at("spec", "ingress").all().stream()
                .flatMap(rule -> rule.at("ports").all().stream())
                .map(port -> port.at("port").number())
                .toList();
    }

    @Test
    void devOverlayStartsANode() throws ConfigException {
        BrokerConfig settings = settings();

        assertThat(settings.nodeName()).isEqualTo("rejoin-0");
        assertThat(settings.auth().isAnonymous()).isTrue();
    }

    @Test
    void prodOverlayStartsANodeThatTakesKeysFromTheMountedSecret() throws ConfigException {
        Manifest node = overlayNode("prod");
        Manifest pod = Manifest.read("overlays/prod/statefulset.yaml").at("spec", "template", "spec");

        BrokerConfig settings = load(environment(NODE, node));

        Path keys = Path.of(node.at("volumeMounts").named("jwt").at("mountPath").text(), "keys");
        assertThat(settings.auth().jwt().orElseThrow().keys()).isEqualTo(new KeyLocation.KeyFile(keys));
        assertThat(pod.at("volumes").named("jwt").at("secret", "secretName").text())
                .isEqualTo("rejoin-jwt");
        assertThat(settings.api().keys()).hasSize(1);
    }

    @Test
    void containerHasThePortsOfTheSettings() throws ConfigException {
        BrokerConfig settings = settings();

        assertThat(containerPort("client")).isEqualTo(settings.client().port());
        assertThat(containerPort("api")).isEqualTo(settings.api().port());
        assertThat(containerPort("ops")).isEqualTo(settings.opsPort());
        assertThat(containerPort("member")).isEqualTo(settings.cluster().bind().port());
        assertThat(containerPort("bus")).isEqualTo(settings.cluster().bus().port());
    }

    @Test
    void servicesLeadToPortsOfTheContainer() {
        assertThat(CLIENT_SERVICE.at("spec", "ports").all())
                .extracting(
                        port -> port.at("targetPort").text(),
                        port -> port.at("port").number())
                .containsExactly(tuple("client", containerPort("client")));
        assertThat(MEMBER_SERVICE.at("spec", "ports").all())
                .extracting(
                        port -> port.at("targetPort").text(),
                        port -> port.at("port").number())
                .containsExactly(tuple("member", containerPort("member")), tuple("bus", containerPort("bus")));
    }

    @Test
    void networkPolicyOpensExactlyThePortsOfTheContainer() {
        List<Integer> ports = NODE.at("ports").all().stream()
                .map(port -> port.at("containerPort").number())
                .toList();

        assertThat(openPorts()).containsExactlyInAnyOrderElementsOf(ports);
    }

    @Test
    void servicesAndPolicySelectThePods() {
        Object labels =
                STATEFUL_SET.at("spec", "template", "metadata", "labels").value();

        assertThat(CLIENT_SERVICE.at("spec", "selector").value()).isEqualTo(labels);
        assertThat(MEMBER_SERVICE.at("spec", "selector").value()).isEqualTo(labels);
        assertThat(STATEFUL_SET.at("spec", "selector", "matchLabels").value()).isEqualTo(labels);
        assertThat(NETWORK_POLICY.at("spec", "podSelector", "matchLabels").value())
                .isEqualTo(labels);
        assertThat(Manifest.read("base/pdb.yaml")
                        .at("spec", "selector", "matchLabels")
                        .value())
                .isEqualTo(labels);
    }

    @Test
    void membersAreFoundByTheHeadlessService() throws ConfigException {
        String service = MEMBER_SERVICE.at("metadata", "name").text();

        assertThat(settings().cluster().discovery()).isEqualTo(new Discovery.Dns(service));
        assertThat(STATEFUL_SET.at("spec", "serviceName").text()).isEqualTo(service);
        assertThat(MEMBER_SERVICE.at("spec", "clusterIP").text()).isEqualTo("None");
        assertThat(MEMBER_SERVICE.at("spec", "publishNotReadyAddresses").value())
                .isEqualTo(true);
    }

    @Test
    void membersBindTheAddressThatOthersReach() throws ConfigException {
        assertThat(settings().cluster().bind().host()).isEqualTo(POD_IP);
        assertThat(settings().cluster().bus().host()).isEqualTo(POD_IP);
    }

    @Test
    void replicasAreThePlannedMembers() throws ConfigException {
        assertThat(STATEFUL_SET.at("spec", "replicas").number())
                .isEqualTo(settings().cluster().size());
    }

    @Test
    void evictionsLeaveACopyOfEverything() throws ConfigException {
        int evicted =
                Manifest.read("base/pdb.yaml").at("spec", "maxUnavailable").number();

        assertThat(evicted).isPositive().isLessThan(settings().cluster().minInSync());
    }

    @Test
    void podsHaveTimeToLeave() throws ConfigException {
        Duration preStop = Duration.ofSeconds(Long.parseLong(
                NODE.at("lifecycle", "preStop", "exec", "command").all().get(1).text()));
        Duration copies = ClusterTiming.PRODUCTION.gracefulShutdown();

        assertThat(Duration.ofSeconds(POD.at("terminationGracePeriodSeconds").number()))
                .isGreaterThan(preStop.plus(settings().drain().timeout()).plus(copies));
    }

    @Test
    void probesAskTheOpsListener() throws ConfigException {
        assertThat(NODE.at("startupProbe", "httpGet", "path").text()).isEqualTo("/livez");
        assertThat(NODE.at("livenessProbe", "httpGet", "path").text()).isEqualTo("/livez");
        assertThat(NODE.at("readinessProbe", "httpGet", "path").text()).isEqualTo("/readyz");
        assertThat(List.of(
                        NODE.at("startupProbe", "httpGet", "port").text(),
                        NODE.at("livenessProbe", "httpGet", "port").text(),
                        NODE.at("readinessProbe", "httpGet", "port").text()))
                .containsOnly("ops");
        assertThat(STATEFUL_SET
                        .at("spec", "template", "metadata", "annotations")
                        .at("prometheus.io/port")
                        .text())
                .isEqualTo(Integer.toString(settings().opsPort()));
    }

    @Test
    void frozenNodesAreLeftToTheirPeersBeforeTheyAreRestarted() {
        Manifest probe = NODE.at("livenessProbe");
        int seconds = probe.at("periodSeconds").number()
                * probe.at("failureThreshold").number();

        assertThat(Duration.ofSeconds(seconds)).isGreaterThan(ClusterTiming.PRODUCTION.heartbeatTimeout());
    }

    @Test
    void jvmCountsTheProcessorsThatAreRequested() {
        Manifest prod = overlayNode("prod");

        assertThat(environment(NODE).get("JAVA_OPTS")).contains(processors(NODE));
        assertThat(environment(NODE, prod).get("JAVA_OPTS")).contains(processors(prod));
    }

    private static String processors(Manifest container) {
        return "-XX:ActiveProcessorCount="
                + container.at("resources", "requests", "cpu").text() + " ";
    }

    @Test
    void containerReadsTheFileOfTheConfigMap() {
        Manifest generated = Manifest.read("base/kustomization.yaml")
                .at("configMapGenerator")
                .named("rejoin-config");
        String mounted = NODE.at("volumeMounts").named("config").at("mountPath").text();

        assertThat(generated.at("files").value())
                .isEqualTo(List.of(FILE.getFileName().toString()));
        assertThat(POD.at("volumes").named("config").at("configMap", "name").text())
                .isEqualTo("rejoin-config");
        assertThat(NODE.at("args").value()).isEqualTo(List.of("--config", mounted + "/" + FILE.getFileName()));
    }
}
