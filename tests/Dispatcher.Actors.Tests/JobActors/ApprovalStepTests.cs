using Dispatcher.Jobs;
using Dispatcher.Steps.Handlers;
using static Dispatcher.Actors.Tests.JobActors.MemoryNode;

namespace Dispatcher.Actors.Tests.JobActors;

/// <summary>Approvals on a whole node: of jobs with a deadline, and of steps.</summary>
public sealed class ApprovalStepTests
{
    private const string Gate = "steps: [ { id: gate, uses: approval, with: { deadline: 2h, prompt: \"ok?\" } }, { id: after, uses: noop, needs: [gate], with: { by: \"${steps.gate.output.by}\" } } ]";

    private readonly MemoryNode _node = new(new NodeOptions { PassivateIfIdleFor = TimeSpan.Zero }, new ApprovalHandler());

    [Fact]
    public void AStepThatWaitsForApproval_HoldsNoMemory_AndGoesOnWithTheDecision()
    {
        var id = _node.Accept(_node.Register(Gate));
        var row = _node.Disk.Row(id)!;
        Assert.Equal(("approval", _node.Now.AddHours(2), 0), (row.WaitsFor, row.WakeAt!.Value, _node.Node.ResidentJobs));
        _node.Restart();
        Assert.Equal(0, _node.Node.ResidentJobs);
        var done = _node.Give(id, new JobCommand.Approve(Ada, "fine", _node.Now));
        Assert.Equal(JobStatus.Completed, _node.StateOf(id).Status);
        Assert.Equal("ada", done.State.Step("gate").Output!.Value.GetProperty("by").GetString());
        Assert.Equal("""{"by":"ada"}""", _node.StateOf(id).Step("after").Output!.Value.GetRawText());
    }

    [Fact]
    public void AStepThatIsRejected_FailsTheJob()
    {
        var id = _node.Accept(_node.Register(Gate));
        var done = _node.Give(id, new JobCommand.RejectStep(new StepKey("gate"), Ada, "no", _node.Now));
        Assert.Equal((JobStatus.Failed, "REJECTED"), (done.Status, done.State.Failure!.Code));
    }

    [Theory]
    [InlineData("", JobStatus.Failed)]
    [InlineData(", on_timeout: approve", JobStatus.Completed)]
    public void TheDeadline_Decides_WhenNobodyDoes(string onTimeout, JobStatus end)
    {
        var id = _node.Accept(_node.Register(Gate.Replace("deadline: 2h", $"deadline: 2h{onTimeout}", StringComparison.Ordinal)));
        _node.Advance(TimeSpan.FromMinutes(119));
        Assert.Equal(JobStatus.Running, _node.Disk.Row(id)!.Status);
        _node.Advance(TimeSpan.FromMinutes(2));
        Assert.Equal(end, _node.Disk.Row(id)!.Status);
    }

    [Theory]
    [InlineData("", JobStatus.Cancelled)]
    [InlineData(", on_timeout: approve", JobStatus.Completed)]
    public void AJobThatNobodyApproves_IsDecidedByItsDeadline_AlsoAfterARestart(string onTimeout, JobStatus end)
    {
        var id = _node.Accept(_node.Register($"approval: {{ deadline: 72h{onTimeout} }}\nsteps: [ {{ id: a, uses: noop }} ]"));
        var row = _node.Disk.Row(id)!;
        Assert.Equal((JobStatus.Pending, "approval", _node.Now.AddHours(72)), (row.Status, row.WaitsFor, row.WakeAt!.Value));
        _node.Restart();
        _node.Advance(TimeSpan.FromHours(73));
        Assert.Equal(end, _node.Disk.Row(id)!.Status);
    }

    [Fact]
    public void OfSeveralSteps_OneIsNamed()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: one, uses: approval }, { id: two, uses: approval } ]"));
        var refused = _node.Refused(id, new JobCommand.Approve(Ada, null, _node.Now));
        Assert.Equal("ambiguous-step", refused.Rejection.Code);
        Assert.Contains("approve", refused.Allowed);
        _node.Give(id, new JobCommand.ApproveStep(new StepKey("two"), Ada, null, _node.Now));
        Assert.Equal(JobStatus.Completed, _node.Give(id, new JobCommand.Approve(Ada, null, _node.Now)).Status);
    }

    [Fact]
    public void AWrongApproval_FailsItsStep()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: one, uses: approval, with: { deadline: soon } } ]"));
        Assert.Equal(("INVALID_INPUT", JobStatus.Failed), (_node.StateOf(id).Failure!.Code, _node.StateOf(id).Status));
    }
}
