using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.Jobs.JobSpecification;

namespace Dispatcher.Actors.Tests.Jobs;

/// <summary>The law of a job's input: it may change until somebody has approved it, and never after.</summary>
public sealed class AmendTests
{
    private static readonly JobPlan Guarded = Approved(Plan(Step("a")));
    private static readonly JobSpec First = Spec() with { Input = Json("""{"scenes":[1,2]}"""), IdempotencyKey = "order-1" };

    [Fact]
    public void Amend_ReplacesTheInput_AndNothingElse()
    {
        var input = Json("""{"scenes":[2]}""");

        var after = Given(Guarded, Submitted(First)).When(new JobCommand.Amend(input, Ada, "shorter", T(5))).Then(new JobEvent.Amended(input, Ada, "shorter", T(5)));

        Assert.Equal("""{"scenes":[2]}""", after.Spec.Input!.Value.GetRawText());
        Assert.Equal(First with { Input = null }, after.Spec with { Input = null });
        Assert.Equal((JobStatus.Pending, JobWaitKind.Approval), (after.Status, after.Wait.Kind));
    }

    [Theory]
    [InlineData("""{"scenes":[1,2]}""")]
    [InlineData("""{ "scenes" : [ 1, 2 ] }""")]
    public void Amend_IsUnchanged_WhenTheInputSaysTheSame(string input) =>
        Given(Guarded, Submitted(First)).When(new JobCommand.Amend(Json(input), Ada, null, T(5))).ThenUnchanged();

    [Theory]
    [InlineData("null")]
    [InlineData(null)]
    public void Amend_TakesTheInputAway_WhenThereIsNone(string? input)
    {
        System.Text.Json.JsonElement? given = input is null ? null : Json(input);
        var after = Given(Guarded, Submitted(First)).When(new JobCommand.Amend(given, Ada, null, T(5))).Then(new JobEvent.Amended(null, Ada, null, T(5)));
        Assert.Null(after.Spec.Input);
        new Given(after).When(new JobCommand.Amend(null, Ada, null, T(6))).ThenUnchanged();
    }

    /// <summary>What was reserved was told from the input.</summary>
    [Fact]
    public void Amend_IsRefused_WhenTheJobHoldsQuota() =>
        Given(Guarded, Submitted(First with { Quota = new QuotaReservation("minutes", 15) })).When(new JobCommand.Amend(Json("{}"), Ada, null, T(2))).ThenRejected("quota-conflict");

    [Fact]
    public void Amend_IsRefused_WhenTheJobWasApproved()
    {
        var given = Given(Guarded, Submitted(First), new JobEvent.Approved(Ada, null, T(1)), new JobEvent.Queued(T(1)));
        var message = given.When(new JobCommand.Amend(Json("{}"), Ada, null, T(2))).ThenRejected("invalid-status");
        Assert.Equal("The job is queued; it can be given another input only while it is pending.", message);
    }

    [Fact]
    public void Amend_IsRefused_WhenTheJobNeedsNoApproval() =>
        Given(Plan(Step("a")), Submitted(First)).When(new JobCommand.Amend(Json("{}"), Ada, null, T(1))).ThenRejected("invalid-status");

    [Fact]
    public void Amend_IsRefused_WhenTheJobHasEnded() =>
        Given(Guarded, Submitted(First), new JobEvent.Rejected(Ada, null, T(1))).When(new JobCommand.Amend(Json("{}"), Ada, null, T(2))).ThenRejected("invalid-status");

    [Fact]
    public void Amend_IsRefused_WhenThereIsNoJob() => Given(Guarded).When(new JobCommand.Amend(Json("{}"), Ada, null, T(2))).ThenRejected("not-found");

    [Fact]
    public void Amend_IsRefused_WhenTheInputIsTooLarge() =>
        Given(Guarded, Submitted(First)).When(new JobCommand.Amend(Json($$"""{"x":"{{new string('x', JobLimits.PayloadBytes)}}"}"""), Ada, null, T(2))).ThenRejected("payload-too-large");

    [Fact]
    public void Amend_IsRefused_WhenTheReasonIsTooLong() =>
        Given(Guarded, Submitted(First)).When(new JobCommand.Amend(null, Ada, new string('x', JobLimits.ReasonCharacters + 1), T(2))).ThenRejected("reason-too-long");

    [Fact]
    public void AnAmendedJob_IsStillFoundByItsKey_AndByWhatWasAskedForFirst()
    {
        var after = Given(Guarded, Submitted(First), new JobEvent.Amended(Json("""{"scenes":[2]}"""), Ada, null, T(1))).State;
        Assert.Equal("order-1", after.Spec.IdempotencyKey);
        Assert.NotEqual(First.Fingerprint(), after.Spec.Fingerprint());
    }

    [Fact]
    public void Amend_SurvivesItsStoredForm()
    {
        var command = new JobCommand.Amend(Json("""{"a":1}"""), Ada, "why", T(3));
        var read = Assert.IsType<JobCommand.Amend>(CommandCodec.Decode(CommandCodec.Encode(command)));
        Assert.Equal(("{\"a\":1}", Ada, "why", T(3)), (read.Input!.Value.GetRawText(), read.By, read.Reason, read.At));
    }
}
