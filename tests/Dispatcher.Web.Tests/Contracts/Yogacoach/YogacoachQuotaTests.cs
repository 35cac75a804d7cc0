using System.Net;
using Dispatcher.Jobs;
using Dispatcher.Store;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Contracts.Yogacoach;

/// <summary>The quota of yogacoach: held with the job, settled with its end; and the guard's four actions.</summary>
public sealed class YogacoachQuotaTests : YogacoachTest
{
    /// <summary>Two hours, by the workflow and by the guard.</summary>
    private static readonly TimeSpan Ttl = TimeSpan.FromHours(2);

    [Fact]
    public async Task Step3_ReservesTheEstimate_WithTheJob()
    {
        var version = await RegisterBlocked();

        var id = await Created(Request("good", version: version));

        // 21 seconds are 0.35 minutes, and a whole one is held.
        Assert.Equal((1, 0), ((await Account()).Reserved, (await Account()).Used));
        var hold = (await ((IQuotaStore)Service.Engine.Inspected).FindHold("default", Meter, $"job:{id}"))!;
        Assert.Equal((1, QuotaHoldStatus.Held, JobId.Parse(id)), (hold.Amount, hold.Status, hold.Job));
        Block.Release();
    }

    [Fact]
    public async Task Step6_CommitsTheAnalysedMinutes_InWholeOnes_AndKeepsTheRawValue()
    {
        var status = await Run(Request("good"));

        var entry = (await Ledger()).Single(entry => entry.Kind == QuotaEntryKind.Committed);
        Assert.Equal((1, 0), (entry.Charged, entry.Overage));
        Assert.Equal(status.At("result.analysis_minutes").GetDecimal(), entry.Raw);
        Assert.Equal((0, 1), ((await Account()).Reserved, (await Account()).Used));
    }

    [Fact]
    public async Task Insufficient_IsRefusedWith402_AndTheUpgrade_AndLeavesNoJob()
    {
        await SetPlan(0);

        var answer = await Create(Request("good"));

        Assert.Equal((HttpStatusCode.PaymentRequired, "quota-exceeded"), (answer.Status, answer.Text("code")));
        Assert.Equal((Upgrade, "basic", 1), (answer.Text("suggestion"), answer.Text("plan"), answer.Number("needed_minutes")));
        Assert.Equal((0, 0, 0), (answer.Number("quota_snapshot.remaining_minutes"), answer.Number("quota_snapshot.plan_limit"), answer.Number("quota_snapshot.used_minutes")));
        Assert.False(answer.At("allowed").GetBoolean());
        Assert.Empty((await Service.Engine.Store.ListJobs(new JobQuery { Limit = 10 })).Rows);
    }

    [Fact]
    public async Task Insufficient_ThenUpgraded_TheSameKeyMakesTheJob()
    {
        await SetPlan(0);
        Assert.Equal(HttpStatusCode.PaymentRequired, (await Create(Request("good"), "s-1")).Status);

        await SetPlan(1);

        Assert.Equal("completed", (await Run(Request("good"), "s-1")).Text("status"));
        Assert.Equal((1, 0), ((await Account()).Used, (await Account()).Remaining));
    }

    /// <summary>A minute is sixty seconds and not the third of a millisecond more, which timestamps of three digits make of it.</summary>
    [Theory]
    [InlineData(59, 1)]
    [InlineData(60, 1)]
    [InlineData(60.1, 2)]
    [InlineData(120, 2)]
    [InlineData(120.1, 3)]
    public async Task Step3_ReservesWholeMinutes_ThatTheRecordingHasBegun(double seconds, long minutes)
    {
        await Created(RequestOf(seconds, await RegisterBlocked()));

        Assert.Equal(minutes, (await Account()).Reserved);
        Block.Release();
    }

    [Fact]
    public async Task Insufficient_WithoutAPlan_SaysSo()
    {
        var answer = await Create(Request("good"), "s-1", await OtherTenant("acme"));

        Assert.Equal(HttpStatusCode.PaymentRequired, answer.Status);
        Assert.Contains("No plan is set", answer.Text("error"), StringComparison.Ordinal);
        Assert.NotEmpty(answer.Text("suggestion"));
    }

    /// <summary>The job is there, and its quota too: asking again costs nothing, though nothing is left.</summary>
    [Fact]
    public async Task ADuplicate_IsAnswered_WhenTheQuotaIsUsedUp()
    {
        await SetPlan(1);
        var first = await Created(Request("good"));
        await Ended(first);

        var second = await Create(Request("good"));

        Assert.Equal((HttpStatusCode.OK, first), (second.Status, second.Text("job_id")));
        Assert.Equal(HttpStatusCode.PaymentRequired, (await Create(Request("good"), "another")).Status);
    }

    [Fact]
    public async Task Cancel_RollsTheReservationBack()
    {
        var version = await RegisterBlocked();
        var id = await Created(Request("good", version: version));
        Assert.Equal(1, (await Account()).Reserved);

        await Service.Services.GetRequiredService<IDispatcherClient>().Cancel(JobId.Parse(id), "enough");
        await Ended(id);

        Assert.Equal((0, 0, 100), ((await Account()).Reserved, (await Account()).Used, (await Account()).Remaining));
        Assert.Contains(await Ledger(), entry => entry.Kind == QuotaEntryKind.RolledBack && entry.Job == JobId.Parse(id));
    }

    [Fact]
    public async Task Failure_RollsTheReservationBack()
    {
        using (var api = new Support.Api(Service.Client()))
        {
            await api.Register("""
                name: yogacoach-v0-0-2
                version: 1
                quota: { meter: analysis-minutes, estimate: "${input.estimated_billable_minutes}" }
                steps: [{ id: boom, uses: fail, with: { message: no, class: permanent } }]
                """);
        }

        Assert.Equal("failed", (await Run(Request("good", version: "v0.0.2"))).Text("status"));

        Assert.Equal((0, 0), ((await Account()).Reserved, (await Account()).Used));
    }

    /// <summary>The estimate was too low: all is charged, remaining goes to 0, and the rest is overage.</summary>
    [Fact]
    public async Task CommitAboveTheReservation_ChargesTheActual_AndReportsTheOverage()
    {
        await SetPlan(3);
        var reserved = await Guard("""{"action":"reserve","resource_request":{"estimated_billable_minutes":2}}""");

        var answer = await Guard($$$"""{"action":"commit","reservation_id":"{{{reserved.Text("reservation_id")}}}","resource_request":{"analysis_sampling_minutes":4.5}}""");

        Assert.Equal((3, 2), (answer.Number("charged_minutes"), answer.Number("overage_minutes")));
        Assert.Equal((0, 3), (answer.Number("quota_snapshot.remaining_minutes"), answer.Number("quota_snapshot.used_minutes")));
    }

    [Fact]
    public async Task Check_ReadsOnly()
    {
        await SetPlan(15);

        var yes = await Guard("""{"action":"check","resource_request":{"estimated_billable_minutes":15}}""");
        var no = await Guard("""{"action":"check","resource_request":{"estimated_billable_minutes":15.1}}""");

        Assert.Equal((HttpStatusCode.OK, true), (yes.Status, yes.At("allowed").GetBoolean()));
        Assert.Equal((15, 15, 0), (yes.Number("quota_snapshot.remaining_minutes"), yes.Number("quota_snapshot.plan_limit"), yes.Number("quota_snapshot.used_minutes")));
        Assert.Equal((HttpStatusCode.OK, false, Upgrade), (no.Status, no.At("allowed").GetBoolean(), no.Text("suggestion")));
        Assert.Equal(0, (await Account()).Reserved);
    }

    [Fact]
    public async Task Reserve_HoldsTheEstimate_UnderANewId()
    {
        var one = await Guard("""{"action":"reserve","resource_request":{"estimated_billable_minutes":15}}""");
        var two = await Guard("""{"action":"reserve","resource_request":{"estimated_billable_minutes":15}}""");

        Assert.NotEqual(one.Text("reservation_id"), two.Text("reservation_id"));
        Assert.True(two.At("allowed").GetBoolean());
        Assert.Equal((70, 30L), (two.Number("quota_snapshot.remaining_minutes"), (await Account()).Reserved));
    }

    [Fact]
    public async Task Reserve_IsRefusedWith402_WhenThereIsNotEnough()
    {
        await SetPlan(10);

        var answer = await Guard("""{"action":"reserve","resource_request":{"estimated_billable_minutes":11}}""");

        Assert.Equal((HttpStatusCode.PaymentRequired, false, 10), (answer.Status, answer.At("allowed").GetBoolean(), answer.Number("quota_snapshot.remaining_minutes")));
    }

    [Fact]
    public async Task Reserve_UnderAGivenId_HasItsEffectOnce()
    {
        const string order = """{"action":"reserve","reservation_id":"r-1","resource_request":{"estimated_billable_minutes":5}}""";

        await Guard(order);
        var again = await Guard(order);
        var other = await Guard(order.Replace(":5", ":6", StringComparison.Ordinal));

        Assert.Equal((HttpStatusCode.OK, 5L), (again.Status, (await Account()).Reserved));
        Assert.Equal((HttpStatusCode.Conflict, "quota-conflict"), (other.Status, other.Text("code")));
    }

    [Fact]
    public async Task Commit_SettlesAtTheAnalysedMinutes_NotTheVideos_AndOnce()
    {
        var id = (await Guard("""{"action":"reserve","resource_request":{"estimated_billable_minutes":15}}""")).Text("reservation_id");
        var order = $$$"""{"action":"commit","reservation_id":"{{{id}}}","resource_request":{"actual_video_minutes":14,"analysis_sampling_minutes":3.2}}""";

        var answer = await Guard(order);
        await Guard(order);

        Assert.Equal((4, 4), (answer.Number("charged_minutes"), answer.Number("quota_snapshot.used_minutes")));
        Assert.Equal((4, 0, 96), ((await Account()).Used, (await Account()).Reserved, (await Account()).Remaining));
        Assert.Equal(3.2m, (await Ledger()).Single(entry => entry.Kind == QuotaEntryKind.Committed).Raw);
    }

    [Fact]
    public async Task Rollback_Releases_AndOnce()
    {
        var id = (await Guard("""{"action":"reserve","resource_request":{"estimated_billable_minutes":15}}""")).Text("reservation_id");
        var order = $$$"""{"action":"rollback","reservation_id":"{{{id}}}"}""";

        Assert.Equal(HttpStatusCode.OK, (await Guard(order)).Status);
        Assert.Equal(HttpStatusCode.OK, (await Guard(order)).Status);

        Assert.Equal(100, (await Account()).Remaining);
        Assert.Single(await Ledger(), entry => entry.Kind == QuotaEntryKind.RolledBack);
        Assert.Equal(HttpStatusCode.Conflict, (await Guard($$$"""{"action":"commit","reservation_id":"{{{id}}}","resource_request":{"analysis_sampling_minutes":1}}""")).Status);
    }

    [Fact]
    public async Task AReservation_IsFreeAgain_WhenItsTimeIsOver_AndACommitStillCharges()
    {
        var desk = Service.Engine.Quota;
        var id = (await Guard("""{"action":"reserve","resource_request":{"estimated_billable_minutes":15}}""")).Text("reservation_id");
        var store = (IQuotaStore)Service.Engine.Inspected;
        var hold = (await store.FindHold("default", Meter, id))!;
        Assert.Equal(hold.CreatedAt + Ttl, hold.ExpiresAt);

        Assert.Equal(85, (await store.FindQuota("default", Meter, hold.ExpiresAt!.Value.AddSeconds(-1)))!.Remaining);
        Assert.Equal(100, (await store.FindQuota("default", Meter, hold.ExpiresAt.Value.AddSeconds(1)))!.Remaining);
        Assert.Equal(1, await store.ExpireHolds(hold.ExpiresAt.Value.AddSeconds(1), 10));
        var answer = await Guard($$$"""{"action":"commit","reservation_id":"{{{id}}}","resource_request":{"analysis_sampling_minutes":2}}""");

        Assert.Equal((HttpStatusCode.OK, 2, 98L), (answer.Status, answer.Number("charged_minutes"), (await desk.Find("default", Meter))!.Remaining));
    }

    [Fact]
    public async Task AJobsReservation_IsNotTheGuardsToEnd()
    {
        var version = await RegisterBlocked();
        var id = await Created(Request("good", version: version));

        var answer = await Guard($$$"""{"action":"rollback","reservation_id":"job:{{{id}}}"}""");

        Assert.Equal(HttpStatusCode.Conflict, answer.Status);
        Assert.Contains(id, answer.Text("error"), StringComparison.Ordinal);
        Assert.Equal(1, (await Account()).Reserved);
        Block.Release();
    }

    [Theory]
    [InlineData("""{"action":"steal"}""", "action")]
    [InlineData("""{}""", "action")]
    [InlineData("""{"action":"reserve","reservation_id":"job:a","resource_request":{"estimated_billable_minutes":1}}""", "reservation_id")]
    [InlineData("""{"action":"reserve"}""", "resource_request.estimated_billable_minutes")]
    [InlineData("""{"action":"reserve","resource_request":{"estimated_billable_minutes":-1}}""", "resource_request.estimated_billable_minutes")]
    [InlineData("""{"action":"reserve","resource_request":{"estimated_billable_minutes":"1"}}""", "resource_request.estimated_billable_minutes")]
    [InlineData("""{"action":"reserve","resource_request":{"minutes":1}}""", "resource_request.minutes")]
    [InlineData("""{"action":"reserve","resource_request":[]}""", "resource_request")]
    [InlineData("""{"action":"commit","resource_request":{"analysis_sampling_minutes":1}}""", "reservation_id")]
    [InlineData("""{"action":"commit","reservation_id":"r","resource_request":{"actual_video_minutes":1}}""", "resource_request.analysis_sampling_minutes")]
    [InlineData("""{"action":"rollback","reservation_id":7}""", "reservation_id")]
    [InlineData("""{"action":"check","tenant_id":"acme","resource_request":{"estimated_billable_minutes":1}}""", "tenant_id")]
    public async Task TheGuard_SaysWhatIsWrong(string body, string path)
    {
        var answer = await Guard(body);

        Assert.Equal((HttpStatusCode.BadRequest, "invalid-request"), (answer.Status, answer.Text("code")));
        Assert.Contains(answer.At("faults").EnumerateArray(), fault => fault.GetProperty("path").GetString() == path);
    }

    [Theory]
    [InlineData("""{"action":"commit","reservation_id":"nobody","resource_request":{"analysis_sampling_minutes":1}}""")]
    [InlineData("""{"action":"rollback","reservation_id":"nobody"}""")]
    public async Task TheGuard_DoesNotKnow_AForeignReservation(string body) => Assert.Equal(HttpStatusCode.NotFound, (await Guard(body)).Status);
}
