package io.rejoin.session;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.testing.Spec;
import io.rejoin.value.SessionId;
import io.rejoin.value.UserId;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class SessionSecretsTest {

    private static final byte[] KEY = "a key of the cluster".getBytes(StandardCharsets.UTF_8);
    private static final byte[] OTHER_KEY = "another key of it".getBytes(StandardCharsets.UTF_8);
    private static final SessionId ID = new SessionId("s1");
    private static final UserId ALICE = new UserId("alice");

    private final SessionSecrets node = new SessionSecrets(List.of(KEY));
    private final SessionSecrets otherNode = new SessionSecrets(List.of(KEY));

    @Test
    @Spec({"SE-2", "SE-4"})
    void acceptsAtAnyNodeWhatOneNodeGave() {
        String secret = node.secretOf(ID, ALICE);

        assertThat(otherNode.isValid(ID, ALICE, secret)).isTrue();
        assertThat(otherNode.secretOf(ID, ALICE)).isEqualTo(secret);
    }

    @Test
    @Spec("SE-5")
    void refusesAnotherUsersSession() {
        String secret = node.secretOf(ID, ALICE);

        assertThat(node.isValid(ID, new UserId("bob"), secret)).isFalse();
        assertThat(node.isValid(ID, null, secret)).isFalse();
        assertThat(node.isValid(ID, ALICE, node.secretOf(ID, null))).isFalse();
    }

    @Test
    @Spec("SE-5")
    void refusesTheSecretOfAnotherSessionAndOfAnotherCluster() {
        assertThat(node.isValid(ID, null, node.secretOf(new SessionId("s2"), null)))
                .isFalse();
        assertThat(node.isValid(ID, null, new SessionSecrets(List.of(OTHER_KEY)).secretOf(ID, null)))
                .isFalse();
    }

    @ParameterizedTest
    @ValueSource(strings = {"", "A", "AAAA", "not base64!", "ü"})
    @Spec("SE-5")
    void refusesWhatIsNoSecretAtAll(String secret) {
        assertThat(node.isValid(ID, null, secret)).isFalse();
    }

    @Test
    @Spec("SE-5")
    void doesNotMixUpTheBoundsOfIdAndUser() {
        assertThat(node.secretOf(new SessionId("a\nuser\nb"), null))
                .isNotEqualTo(node.secretOf(new SessionId("a"), new UserId("b")));
    }

    @Test
    @Spec("SE-4")
    void acceptsSecretsOfAnOldKeyUntilItIsGone() {
        String old = new SessionSecrets(List.of(OTHER_KEY)).secretOf(ID, null);

        assertThat(new SessionSecrets(List.of(KEY, OTHER_KEY)).isValid(ID, null, old))
                .isTrue();
        assertThat(new SessionSecrets(List.of(KEY)).isValid(ID, null, old)).isFalse();
    }

    @Test
    @Spec("SE-6")
    void givesAPublisherIdThatIsTheSameEverywhereAndNeitherIdNorSecret() {
        String publisher = node.publisherOf(ID).value();

        assertThat(otherNode.publisherOf(ID).value()).isEqualTo(publisher);
        assertThat(publisher).isNotEqualTo(ID.value());
        assertThat(node.secretOf(ID, null)).doesNotStartWith(publisher);
        assertThat(node.publisherOf(new SessionId("s2")).value()).isNotEqualTo(publisher);
    }

    @Test
    @Spec("SE-6")
    void keepsThePublisherIdWhileAKeyIsReplaced() {
        SessionSecrets before = new SessionSecrets(List.of(OTHER_KEY));
        SessionSecrets during = new SessionSecrets(List.of(KEY, OTHER_KEY));

        assertThat(during.publisherOf(ID)).isEqualTo(before.publisherOf(ID));
    }

    @Test
    void makesIdsThatDiffer() {
        Random random = new Random(1);

        assertThat(SessionSecrets.newId(random)).isNotEqualTo(SessionSecrets.newId(random));
    }
}
