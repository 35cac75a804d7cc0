using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.Coordination;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.JobActors.MemoryNode;

namespace Dispatcher.Actors.Tests.JobActors;

/// <summary>Jobs that take something of a meter, on a whole node.</summary>
public sealed class QuotaNodeTests
{
    private const string Metered =
        "input: { type: object, properties: { minutes: { type: number } } }\nquota: { meter: minutes, estimate: '${input.minutes}', actual: '${steps.a.output.used}', hold: 2h }\n";

    private readonly MemoryNode _node = WithQuota(new NodeOptions { PassivateIfIdleFor = TimeSpan.Zero }, new WorkflowRunHandler(), new ApprovalHandler());

    [Fact]
    public void AJob_IsChargedWhatItTook_WhenItCompletes()
    {
        Plan(100);
        var id = _node.Accept(Job(10, used: "7.25"));
        Assert.Equal((8L, 0L, 0L), Sums());
        var state = _node.StateOf(id);
        Assert.Equal((JobStatus.Completed, new QuotaCharge(8, 7.25m)), (state.Status, state.Charge));
        Assert.Equal([QuotaEntryKind.Planned, QuotaEntryKind.Reserved, QuotaEntryKind.Committed], Ledger());
    }

    [Fact]
    public void AJob_HoldsItsEstimate_WhileItWaits()
    {
        Plan(100);
        var id = _node.Accept(Waiting(10));
        Assert.Equal((0L, 10L, 0L), Sums());
        _node.Restart();
        Assert.Equal((0L, 10L, 0L), Sums());
        _node.Give(id, new JobCommand.Approve(Ada, null, _node.Now));
        Assert.Equal((10L, 0L, 0L), Sums());
    }

    [Theory]
    [InlineData("cancel")]
    [InlineData("reject")]
    public void AJobThatIsNotDone_IsChargedNothing(string how)
    {
        Plan(100);
        var id = _node.Accept(Waiting(10));
        _node.Give(id, how == "cancel" ? new JobCommand.Cancel(Ada, null, _node.Now) : new JobCommand.Reject(Ada, null, _node.Now));
        Assert.Equal((0L, 0L, 0L), Sums());
        Assert.Equal(QuotaHoldStatus.RolledBack, Hold($"job:{id}").Status);
    }

    [Fact]
    public void AJobThatFails_IsChargedNothing()
    {
        Plan(100);
        var id = _node.Accept(_node.Register(Metered + "steps: [ { id: a, uses: fail, retry: { max_attempts: 1 } } ]") with { Input = Minutes(10) });
        Assert.Equal(JobStatus.Failed, _node.StateOf(id).Status);
        Assert.Equal((0L, 0L, 0L), Sums());
    }

    [Fact]
    public void ASubmission_IsRefused_AndLeavesNoJob_WhenThereIsNotEnough()
    {
        Plan(12, upgrade: "https://example.org/plans");
        _node.Accept(Waiting(10));
        var spec = Waiting(3) with { IdempotencyKey = "k" };
        var rejection = Assert.IsType<CommandReply.Refused>(_node.Submit(spec)).Rejection;
        Assert.Equal("quota-exceeded", rejection.Code);
        Assert.Equal(new QuotaShortage("minutes", "free", 12, 0, 10, 3, "https://example.org/plans"), rejection.Quota);
        Assert.Equal(
            "The plan free does not have enough of minutes: 3 are needed and 2 of 12 are free (0 used, 10 reserved). To get more: https://example.org/plans", rejection.Message);
        Assert.Single(_node.Disk.Journal.Select(entry => entry.Id).Distinct());

        Plan(13);
        var made = _node.Accept(spec);
        Assert.Equal(new CommandReply.Duplicate(made, SameRequest: true), _node.Submit(spec));
        Assert.Equal((0L, 13L, 0L), Sums());
    }

    [Fact]
    public void ASubmission_IsRefused_WithoutAPlan()
    {
        var rejection = Assert.IsType<CommandReply.Refused>(_node.Submit(Waiting(3))).Rejection;
        Assert.Equal(("quota-exceeded", null), (rejection.Code, rejection.Quota!.Plan));
        Assert.Contains("No plan is set for the meter minutes", rejection.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void TheDefaultPlan_MakesTheAccount_WhenItIsFirstNeeded()
    {
        var node = WithQuota(new NodeOptions { Quota = new QuotaOptions { DefaultPlan = new QuotaPlan("starter", 20) } }, new ApprovalHandler());
        var spec = node.Register(Metered + "approval: required\nsteps: [ { id: a, uses: noop } ]") with { Input = Minutes(15) };
        node.Accept(spec);
        var rejection = Assert.IsType<CommandReply.Refused>(node.Submit(spec)).Rejection;
        Assert.Equal(("starter", 15L), (rejection.Quota!.Plan, rejection.Quota.Reserved));
    }

    [Fact]
    public void ASubmission_IsRefused_WhenItsEstimateHasNoValue()
    {
        Plan(100);
        var rejection = Assert.IsType<CommandReply.Refused>(_node.Submit(Waiting(1) with { Input = null })).Rejection;
        Assert.Equal("invalid-quota", rejection.Code);
        Assert.Contains("input.minutes does not exist", rejection.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void WhateverWasGiven_TheWorkflowSaysWhatIsHeld()
    {
        Plan(100);
        var id = _node.Accept(Waiting(10) with { Quota = new QuotaReservation("minutes", 1) });
        Assert.Equal(new QuotaReservation("minutes", 10, TimeSpan.FromHours(2)), _node.StateOf(id).Spec.Quota);
        var free = _node.Accept(_node.Register("approval: required\nsteps: [ { id: a, uses: noop } ]") with { Quota = new QuotaReservation("minutes", 1) });
        Assert.Null(_node.StateOf(free).Spec.Quota);
    }

    /// <summary>Work that was done is not lost for an expression.</summary>
    [Fact]
    public void AJob_IsChargedItsEstimate_AndSaysWhy_WhenWhatItTookCannotBeTold()
    {
        Plan(100);
        var id = _node.Accept(Job(10, used: "-3"));
        var charge = _node.StateOf(id).Charge!;
        Assert.Equal((10L, null), (charge.Amount, charge.Raw));
        Assert.Contains("must be 0 to", charge.Fault, StringComparison.Ordinal);
        Assert.Equal((10L, 0L, 0L), Sums());
    }

    [Fact]
    public void AJobThatTookMore_IsChargedInFull_BeyondTheLimitAsOverage()
    {
        Plan(100);
        _node.Accept(Waiting(80));
        _node.Accept(Job(10, used: "35"));
        Assert.Equal((20L, 80L, 15L), Sums());
    }

    [Fact]
    public void ARecovery_HoldsAnew_OrIsRefused()
    {
        Plan(12);
        var id = _node.Accept(Failing(10));
        _node.Give(id, new JobCommand.RejectStep(null, Ada, null, _node.Now));
        Assert.Equal((JobStatus.Failed, (0L, 0L, 0L)), (_node.StateOf(id).Status, Sums()));
        var other = _node.Accept(Waiting(5));
        var refused = _node.Refused(id, new JobCommand.Recover("a", Ada, null, _node.Now));
        Assert.Equal(("quota-exceeded", JobStatus.Failed), (refused.Rejection.Code, refused.Status));
        Assert.Equal((JobStatus.Failed, 0), (_node.StateOf(id).Status, _node.StateOf(id).RecoveryAttempts));

        _node.Give(other, new JobCommand.Cancel(Ada, null, _node.Now));
        _node.Give(id, new JobCommand.Recover("a", Ada, null, _node.Now));
        Assert.Equal(QuotaHoldStatus.Held, Hold($"job:{id}/1").Status);
        _node.Give(id, new JobCommand.ApproveStep(null, Ada, null, _node.Now));
        Assert.Equal(JobStatus.Completed, _node.StateOf(id).Status);
        Assert.Equal((10L, 0L, 0L), Sums());
        Assert.Equal(QuotaHoldStatus.RolledBack, Hold($"job:{id}").Status);
    }

    [Fact]
    public void AHold_EndsWithItsTime_AndTheJobIsChargedAllTheSame()
    {
        Plan(20);
        var id = _node.Accept(Waiting(15));
        _node.Advance(TimeSpan.FromHours(2) - TimeSpan.FromSeconds(1));
        Assert.Equal((0L, 15L, 0L), Sums());
        _node.Advance(TimeSpan.FromSeconds(12));
        Assert.Equal((0L, 0L, 0L), Sums());
        Assert.Equal(QuotaHoldStatus.Expired, Hold($"job:{id}").Status);
        _node.Accept(Waiting(12));
        _node.Give(id, new JobCommand.Approve(Ada, null, _node.Now));
        Assert.Equal((8L, 12L, 7L), Sums());
    }

    [Fact]
    public void AChild_HoldsAndIsChargedAsItself()
    {
        Plan(100);
        _node.Register("name: child\nversion: 1\nquota: { meter: minutes, estimate: '${input.minutes}' }\nsteps: [ { id: a, uses: noop } ]");
        var id = _node.Accept(_node.Register("steps: [ { id: run, uses: workflow.run, with: { workflow: child, input: { minutes: 4 } } } ]"));
        Assert.Equal(JobStatus.Completed, _node.StateOf(id).Status);
        Assert.Equal((4L, 0L, 0L), Sums());
    }

    [Fact]
    public void AChildForWhichThereIsNotEnough_FailsItsStepForGood()
    {
        Plan(3);
        _node.Register("name: child\nversion: 1\nquota: { meter: minutes, estimate: '${input.minutes}' }\nsteps: [ { id: a, uses: noop } ]");
        var id = _node.Accept(_node.Register("steps: [ { id: run, uses: workflow.run, with: { workflow: child, input: { minutes: 4 }, child_failure: transient } } ]"));
        var state = _node.StateOf(id);
        Assert.Equal((JobStatus.Failed, "QUOTA_EXCEEDED", ErrorClass.Permanent, 1), (state.Status, state.Failure!.Code, state.Failure.Class, state.Step("run").Attempt));
        Assert.Contains("4 are needed and 3 of 3 are free", state.Failure.Message, StringComparison.Ordinal);
        Assert.Equal((0L, 0L, 0L), Sums());
    }

    /// <summary>The fate of each append in turn is in doubt, landed or not, or the process dies right after it: nothing is charged twice, and nothing is held for ever.</summary>
    [Theory]
    [InlineData(AppendFate.Lost)]
    [InlineData(AppendFate.LandsUnseen)]
    [InlineData(AppendFate.Lands)]
    public void NothingLeaks_WhateverBecomesOfAnAppend(AppendFate fate)
    {
        for (var which = 1; which <= 8; which++)
        {
            var node = WithQuota(new NodeOptions { PassivateIfIdleFor = TimeSpan.Zero }, new ApprovalHandler());
            node.Do(async () => await node.Store.SetQuota("default", "minutes", new QuotaPlan("free", 1000), node.Now));
            var (kept, failing) = (Specs(node, "approval"), Specs(node, "fail"));
            Disturb(node, which, fate);
            // As a caller does who hears nothing certain: the same again, under the same key.
            var ids = new[] { kept, failing, kept with { Priority = 1 } }.Select((spec, n) => Insist(node, spec with { IdempotencyKey = $"k{n}" })).ToList();
            Settle(node);
            foreach (var id in new[] { ids[0], ids[2] }) Insist(node, id, id == ids[0] ? new JobCommand.ApproveStep(null, Ada, null, node.Now) : new JobCommand.Cancel(Ada, null, node.Now));
            Settle(node);

            Assert.Equal([JobStatus.Completed, JobStatus.Failed, JobStatus.Cancelled], ids.Select(id => node.Disk.Row(id)!.Status));
            Assert.Empty(node.Do(async () => await node.Store.CheckQuotas(10)));
            var account = node.Do(async () => await node.Store.FindQuota("default", "minutes", node.Now))!;
            Assert.Equal((10L, 0L, 0L), (account.Used, account.Reserved, account.Overage));
            Assert.DoesNotContain(node.Disk.Quotas.Holds, hold => hold.Status == QuotaHoldStatus.Held);
        }
    }

    private static void Disturb(MemoryNode node, int which, AppendFate fate)
    {
        var count = 0;
        node.Fate = () => ValueTask.FromResult(++count == which ? fate : AppendFate.Lands);
    }

    private static JobSpec Specs(MemoryNode node, string handler) => node.Register($"quota: {{ meter: minutes, estimate: 10 }}\nsteps: [ {{ id: a, uses: {handler} }} ]");

    private static JobId Insist(MemoryNode node, JobSpec spec)
    {
        for (var attempt = 0; attempt < 5; attempt++)
        {
            switch (node.Submit(spec))
            {
                case CommandReply.Done done: return done.JobId;
                case CommandReply.Duplicate duplicate: return duplicate.Existing;
            }

            Settle(node);
        }

        throw new InvalidOperationException("The job is not accepted.");
    }

    private static void Insist(MemoryNode node, JobId id, JobCommand command)
    {
        for (var attempt = 0; attempt < 5 && !node.Disk.Row(id)!.Status.IsTerminal(); attempt++)
        {
            var asked = node.Begin(() => node.Gateway.Send(id, command));
            Settle(node);
            Assert.True(asked.IsCompleted);
        }
    }

    private static void Settle(MemoryNode node)
    {
        node.Advance(TimeSpan.FromSeconds(20));
        node.Restart();
        node.Advance(TimeSpan.FromSeconds(1));
    }

    private void Plan(long limit, string? upgrade = null) =>
        _node.Do(async () => await _node.Store.SetQuota("default", "minutes", new QuotaPlan("free", limit, upgrade), _node.Now));

    private JobSpec Job(double minutes, string used) =>
        _node.Register(Metered + $"steps: [ {{ id: a, uses: noop, with: {{ used: {used} }} }} ]") with { Input = Minutes(minutes) };

    private JobSpec Waiting(double minutes)
    {
        var spec = _node.Register("quota: { meter: minutes, estimate: '${input.minutes}', hold: 2h }\napproval: required\nsteps: [ { id: a, uses: noop } ]");
        return spec with { Input = Minutes(minutes) };
    }

    private JobSpec Failing(double minutes)
    {
        var spec = _node.Register("quota: { meter: minutes, estimate: '${input.minutes}' }\nsteps: [ { id: a, uses: approval, with: { deadline: 1h } }, { id: b, uses: noop, needs: [a] } ]");
        return spec with { Input = Minutes(minutes) };
    }

    private (long Used, long Reserved, long Overage) Sums()
    {
        Assert.Empty(_node.Do(async () => await _node.Store.CheckQuotas(10)));
        var account = _node.Disk.Quotas.FindAccount("default", "minutes")!;
        return (account.Used, account.Reserved, account.Overage);
    }

    private QuotaHold Hold(string name) => _node.Disk.Quotas.FindHold("default", "minutes", name)!;

    private IEnumerable<QuotaEntryKind> Ledger() => _node.Disk.Quotas.Ledger("default", "minutes").Select(entry => entry.Kind);

    private static System.Text.Json.JsonElement Minutes(double minutes) => System.Text.Json.JsonSerializer.SerializeToElement(new { minutes });
}
