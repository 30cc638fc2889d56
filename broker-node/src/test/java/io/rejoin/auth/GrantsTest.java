package io.rejoin.auth;

import static org.assertj.core.api.Assertions.assertThat;

import io.rejoin.auth.Principal.TokenFacts;
import io.rejoin.auth.Principal.TokenLimits;
import io.rejoin.auth.Revocation.Scope;
import io.rejoin.auth.RevocationList.Standing;
import io.rejoin.value.RoomId;
import io.rejoin.value.UserId;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class GrantsTest {

    @ParameterizedTest
    @CsvSource({
        "chat, chat, true",
        "chat, chat/1, false",
        "chat, cha, false",
        "chat/*, chat/1, true",
        "chat/*, chat/, true",
        "chat/*, chat, false",
        "chat/*, CHAT/1, false",
        "*, anything, true"
    })
    void coverNamesAndPrefixes(String pattern, String room, boolean covered) {
        assertThat(Grants.parse(pattern + "=join").allow(new RoomId(room), Action.JOIN))
                .isEqualTo(covered);
    }

    @Test
    void addUp() {
        Grants grants = Grants.parse("chat/*=join, chat/1=publish");

        assertThat(grants.allow(new RoomId("chat/1"), Action.JOIN)).isTrue();
        assertThat(grants.allow(new RoomId("chat/1"), Action.PUBLISH)).isTrue();
        assertThat(grants.allow(new RoomId("chat/2"), Action.PUBLISH)).isFalse();
        assertThat(grants.allow(new RoomId("chat/1"), Action.HISTORY)).isFalse();
    }

    @Test
    void grantNothingUnlessTheySaySo() {
        assertThat(Grants.parse("").allow(new RoomId("chat"), Action.JOIN)).isFalse();
        assertThat(Grants.ALL.allow(new RoomId("chat"), Action.PRESENCE)).isTrue();
    }

    private static Principal principal(String user, String id, long issuedAtMs) {
        return new Principal(
                new UserId(user), null, Grants.NONE, TokenLimits.NONE, new TokenFacts(id, issuedAtMs, 9_999));
    }

    private static Standing standing(Principal principal, Revocation... revocations) {
        return new RevocationList(List.of(revocations)).standingOf(principal);
    }

    @Test
    void revocationsMeanTokensIssuedBefore() {
        Revocation user = new Revocation(Scope.USER, "alice", 100, false, 9_999);
        Revocation token = new Revocation(Scope.TOKEN, "t1", 100, false, 9_999);
        Revocation everybody = new Revocation(Scope.EVERYBODY, "", 100, false, 9_999);

        assertThat(standing(principal("alice", "t2", 99), user)).isEqualTo(Standing.REVOKED);
        assertThat(standing(principal("alice", "t2", 100), user)).isEqualTo(Standing.GOOD);
        assertThat(standing(principal("bob", "t2", 99), user)).isEqualTo(Standing.GOOD);
        assertThat(standing(principal("bob", "t1", 99), token)).isEqualTo(Standing.REVOKED);
        assertThat(standing(principal("bob", null, 99), token)).isEqualTo(Standing.GOOD);
        assertThat(standing(principal("bob", null, 0), everybody)).isEqualTo(Standing.REVOKED);
        assertThat(standing(Principal.ANONYMOUS, everybody)).isEqualTo(Standing.GOOD);
    }

    @Test
    void hardRevocationsCountMoreThanSoftOnesAndLaterOnesMoreThanEarlier() {
        Revocation soft = new Revocation(Scope.USER, "alice", 200, true, 9_999);
        Revocation early = new Revocation(Scope.USER, "alice", 100, false, 9_999);
        Revocation earlier = new Revocation(Scope.USER, "alice", 50, false, 9_999);

        assertThat(standing(principal("alice", "t", 150), soft, early)).isEqualTo(Standing.TO_BE_REPLACED);
        assertThat(standing(principal("alice", "t", 99), early, soft, earlier)).isEqualTo(Standing.REVOKED);
    }
}
