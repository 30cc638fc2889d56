package io.rejoin;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.methods;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.importer.ImportOption.OnlyIncludeTests;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchRule;
import java.util.concurrent.TimeUnit;
import net.jqwik.api.Property;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;

/** Habits of tests that a machine can check. */
@AnalyzeClasses(packages = "io.rejoin", importOptions = OnlyIncludeTests.class)
class TestStyleTest {

    @ArchTest
    static final ArchRule testsNeverSleep = noClasses()
            .should()
            .callMethod(Thread.class, "sleep", long.class)
            .orShould()
            .callMethod(Thread.class, "sleep", long.class, int.class)
            .orShould()
            .callMethod(TimeUnit.class, "sleep", long.class)
            .because("Await.until waits for the condition that is meant");

    @ArchTest
    static final ArchRule testNamesAreSentences = methods()
            .that(describe("are tests", TestStyleTest::isTest))
            .should()
            .haveNameNotMatching("test([A-Z_].*)?|should[A-Z_].*|.*_.*")
            .because("the class is the subject of the sentence that the name is");

    private static boolean isTest(JavaMethod method) {
        return method.isAnnotatedWith(Test.class)
                || method.isAnnotatedWith(ParameterizedTest.class)
                || method.isAnnotatedWith(RepeatedTest.class)
                || method.isAnnotatedWith(Property.class);
    }
}
