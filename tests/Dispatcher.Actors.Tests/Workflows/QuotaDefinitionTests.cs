using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Workflows;

namespace Dispatcher.Actors.Tests.Workflows;

/// <summary>The <c>quota</c> of a workflow: how it is read, what is wrong with it, and what it makes of a job.</summary>
public sealed class QuotaDefinitionTests
{
    private const string Full = "quota: { meter: analysis-minutes, estimate: '${input.minutes}', actual: '${steps.a.output.used}', hold: 2h }";

    [Fact]
    public void Parse_ReadsTheSection()
    {
        var quota = Parse(Full).Quota!;
        Assert.Equal(("analysis-minutes", TimeSpan.FromHours(2)), (quota.Meter, quota.Hold));
        Assert.Null(Parse("").Quota);
    }

    [Fact]
    public void Build_MakesTheSameDefinition_AsTheText()
    {
        var built = WorkflowDefinition.Create("test", 1).Quota("analysis-minutes", "${input.minutes}", "${steps.a.output.used}", TimeSpan.FromHours(2)).Step("a", "noop").Build();
        Assert.Equal(Parse(Full).Hash, built.Hash);
        Assert.Equal(built.Hash, WorkflowDefinition.Parse(built.CanonicalJson).Hash);
        Assert.NotNull(WorkflowDefinition.Parse(built.CanonicalJson).Quota);
    }

    [Fact]
    public void TheQuota_IsThere_InEveryCopyOfTheDefinition() => Assert.NotNull(Parse(Full).WithDefaultStages(_ => null).Quota);

    [Theory]
    [InlineData("quota: 5", "WRONG_TYPE", "quota: must be an object with the keys meter, estimate, actual, hold")]
    [InlineData("quota: { meter: a, estimate: 1, actuel: 2 }", "UNKNOWN_KEY", "did you mean 'actual'?")]
    [InlineData("quota: { estimate: 1 }", "MISSING_KEY", "the key 'meter' is missing")]
    [InlineData("quota: { meter: a }", "MISSING_KEY", "the key 'estimate' is missing")]
    [InlineData("quota: { meter: Minutes, estimate: 1 }", "INVALID_VALUE", "is not a meter's name")]
    [InlineData("quota: { meter: a, estimate: '5' }", "INVALID_VALUE", "must be a number or one expression")]
    [InlineData("quota: { meter: a, estimate: '${input.n} minutes' }", "INVALID_VALUE", "must be a number or one expression")]
    [InlineData("quota: { meter: a, estimate: [1] }", "INVALID_VALUE", "not a list")]
    [InlineData("quota: { meter: a, estimate: -1 }", "INVALID_VALUE", "must be 0 or more")]
    [InlineData("quota: { meter: a, estimate: \"${job.id}\" }", "INVALID_VALUE", "must be a number or one expression")]
    [InlineData("quota: { meter: a, estimate: '${steps.a.output.n}' }", "EXPRESSION", "step 'a' has not run when this is evaluated")]
    [InlineData("quota: { meter: a, estimate: 1, actual: '${steps.b.output.n}' }", "EXPRESSION", "there is no step 'b'")]
    [InlineData("quota: { meter: a, estimate: '${input.' }", "EXPRESSION", "estimate")]
    [InlineData("quota: { meter: a, estimate: 1, hold: soon }", "INVALID_VALUE", "must be a duration")]
    [InlineData("quota: { meter: a, estimate: 1, hold: 0s }", "INVALID_VALUE", "more than 0s")]
    public void Parse_NamesTheFault(string section, string code, string message)
    {
        var fault = Assert.Single(Assert.Throws<WorkflowDefinitionException>(() => Parse(section)).Faults);
        Assert.Equal(code, fault.Code);
        Assert.Contains(message, $"{fault.Path}: {fault.Message}", StringComparison.Ordinal);
    }

    [Fact]
    public void Parse_ChecksTheEstimate_AgainstTheInputsSchema()
    {
        var exception = Assert.Throws<WorkflowDefinitionException>(() => Parse(
            "input: { type: object, properties: { minutes: { type: number } }, additionalProperties: false }\nquota: { meter: a, estimate: '${input.minuets}' }"));
        Assert.Contains("did you mean 'minutes'?", Assert.Single(exception.Faults).Message, StringComparison.Ordinal);
    }

    [Theory]
    [InlineData("5", 5)]
    [InlineData("0", 0)]
    [InlineData("11.01", 12)]
    [InlineData("12.0", 12)]
    [InlineData("1e3", 1000)]
    public void Estimate_IsInWholeUnits_RoundedUp(string minutes, long expected) =>
        Assert.Equal(new QuotaReservation("analysis-minutes", expected, TimeSpan.FromHours(2)), Parse(Full).Quota!.Estimate(Scope(minutes)));

    [Theory]
    [InlineData("-1", "must be 0 to")]
    [InlineData("\"5\"", "must be a number, and it is a text")]
    [InlineData("null", "must be a number")]
    [InlineData("1e30", "must be 0 to")]
    public void Estimate_SaysWhatIsWrong(string minutes, string message) =>
        Assert.Contains(message, Assert.Throws<ExpressionException>(() => Parse(Full).Quota!.Estimate(Scope(minutes))).Message, StringComparison.Ordinal);

    [Fact]
    public void Charge_IsWhatIsHeld_WithoutAnActual()
    {
        var quota = Parse("quota: { meter: a, estimate: 2.5 }").Quota!;
        Assert.Equal(new QuotaReservation("a", 3), quota.Estimate(Scope("1")));
        Assert.Equal(new QuotaCharge(3), quota.Charge(Scope("1"), new QuotaReservation("a", 3)));
    }

    [Fact]
    public void Charge_KeepsTheRawValue() =>
        Assert.Equal(new QuotaCharge(3, 2.25m), Parse("quota: { meter: a, estimate: 9, actual: '${input.minutes}' }").Quota!.Charge(Scope("2.25"), new QuotaReservation("a", 9)));

    private static WorkflowDefinition Parse(string section) => WorkflowDefinition.Parse($"name: test\nversion: 1\n{section}\nsteps:\n  - id: a\n    uses: noop\n");

    private static JobScope Scope(string minutes) =>
        new(JobState.Initial(Parse("").Plan), JsonElement.Parse($$"""{"minutes":{{minutes}}}"""), env: default, path => path);
}
