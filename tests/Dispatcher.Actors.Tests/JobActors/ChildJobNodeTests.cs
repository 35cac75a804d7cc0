using Dispatcher.JobActors;
using Dispatcher.Jobs;
using Dispatcher.Steps.Handlers;
using Dispatcher.Store;
using static Dispatcher.Actors.Tests.JobActors.MemoryNode;

namespace Dispatcher.Actors.Tests.JobActors;

/// <summary>Jobs that steps make, on a whole node.</summary>
public sealed class ChildJobNodeTests
{
    private readonly MemoryNode _node = new(new NodeOptions { PassivateIfIdleFor = TimeSpan.Zero }, new WorkflowRunHandler(), new ApprovalHandler());

    public ChildJobNodeTests()
    {
        _node.Register("name: child\nversion: 1\ninput: { type: object, properties: { n: { type: integer } } }\nsteps: [ { id: a, uses: noop } ]\noutput: { twice: [\"${input.n}\", \"${input.n}\"] }");
        _node.Register("name: gate\nversion: 1\nsteps: [ { id: a, uses: approval } ]");
    }

    [Fact]
    public void TheChildsOutput_IsTheStepsOutput()
    {
        var id = _node.Accept(Parent("{ workflow: child, input: { n: 3 }, priority: 7, labels: { team: video } }") with { CorrelationId = "c-1" });
        var state = _node.StateOf(id);
        var child = ChildrenOf(id).Single();
        var output = state.Step("run").Output!.Value;
        Assert.Equal((JobStatus.Completed, child.ToString(), """{"twice":[3,3]}"""), (state.Status, output.GetProperty("job_id").GetString(), output.GetProperty("output").GetRawText()));
        var spec = _node.StateOf(child).Spec;
        Assert.Equal((new ParentReference(id, "run", null, 1), 7, "c-1", "video"), (spec.Parent, spec.Priority, spec.CorrelationId, spec.Labels!["team"]));
        Assert.Equal($"job {id}", SubmitterOf(child).Origin);
    }

    /// <summary>Or a tenant's own workflow could make runs of a schedule that never fired.</summary>
    [Fact]
    public void AChild_IsNotGivenTheLabelsOfSchedules()
    {
        var state = _node.StateOf(_node.Accept(Parent("{ workflow: child, labels: { schedule: nightly } }")));

        Assert.Equal((JobStatus.Failed, "CHILD_LABEL", ErrorClass.InvalidInput), (state.Status, state.Failure!.Code, state.Failure.Class));
    }

    [Fact]
    public void AParent_HoldsNoMemory_WhileItsChildWaits()
    {
        var id = _node.Accept(Parent("{ workflow: gate }"));
        var row = _node.Disk.Row(id)!;
        Assert.Equal((JobStatus.Running, "child", (DateTimeOffset?)null, 0), (row.Status, row.WaitsFor, row.WakeAt, _node.Node.ResidentJobs));
        _node.Restart();
        Assert.Equal(0, _node.Node.ResidentJobs);
        _node.Give(ChildrenOf(id).Single(), new JobCommand.Approve(Ada, null, _node.Now));
        Assert.Equal(JobStatus.Completed, _node.Disk.Row(id)!.Status);
    }

    [Fact]
    public void AChildThatFails_FailsTheStep()
    {
        var id = _node.Accept(Parent("{ workflow: gate }"));
        var child = ChildrenOf(id).Single();
        _node.Give(child, new JobCommand.Reject(Ada, "no", _node.Now));
        var state = _node.StateOf(id);
        Assert.Equal((JobStatus.Failed, "CHILD_FAILED", ErrorClass.Permanent), (state.Status, state.Failure!.Code, state.Failure.Class));
        Assert.Contains($"{child} failed: Step a was rejected by ada: no", state.Failure.Message, StringComparison.Ordinal);
    }

    [Fact]
    public void ATransientChildFailure_MakesAnotherChild()
    {
        var id = _node.Accept(Parent("{ workflow: gate, child_failure: transient }"));
        var first = ChildrenOf(id).Single();
        _node.Give(first, new JobCommand.Cancel(Ada, null, _node.Now));
        _node.Advance(TimeSpan.FromSeconds(2));
        var second = ChildrenOf(id).Single(child => child != first);
        _node.Give(second, new JobCommand.Approve(Ada, null, _node.Now));
        Assert.Equal((JobStatus.Completed, 2), (_node.Disk.Row(id)!.Status, _node.StateOf(id).Step("run").Attempt));
    }

    [Fact]
    public void CancellingAParent_CancelsItsChildren_AndTheirs()
    {
        _node.Register("name: middle\nversion: 1\nsteps: [ { id: run, uses: workflow.run, for_each: [1, 2], with: { workflow: gate } } ]");
        var id = _node.Accept(Parent("{ workflow: middle }"));
        var middle = ChildrenOf(id).Single();
        var leaves = ChildrenOf(middle);
        Assert.Equal(2, leaves.Count);
        Assert.Equal(2, _node.StateOf(leaves[0]).Spec.Parent!.Depth);
        _node.Give(id, new JobCommand.Cancel(Ada, "enough", _node.Now));
        Assert.All([id, middle, .. leaves], job => Assert.Equal(JobStatus.Cancelled, _node.Disk.Row(job)!.Status));
    }

    [Fact]
    public void AParentThatFails_CancelsTheChildOfAnotherStep()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: run, uses: workflow.run, with: { workflow: gate } }, { id: gate, uses: approval } ]"));
        _node.Give(id, new JobCommand.RejectStep(new StepKey("gate"), Ada, null, _node.Now));
        Assert.Equal(JobStatus.Cancelled, _node.Disk.Row(ChildrenOf(id).Single())!.Status);
    }

    [Fact]
    public void AChildThatIsLate_IsCancelled_WhenItsStepGivesUp()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: run, uses: workflow.run, with: { workflow: gate }, timeout: 10m, retry: { max_attempts: 1 } } ]"));
        _node.Advance(TimeSpan.FromMinutes(11));
        Assert.Equal((JobStatus.Failed, JobStatus.Cancelled), (_node.Disk.Row(id)!.Status, _node.Disk.Row(ChildrenOf(id).Single())!.Status));
    }

    [Theory]
    [InlineData("{ workflow: nobody }", "UNKNOWN_WORKFLOW")]
    [InlineData("{ workflow: child, version: 9 }", "UNKNOWN_WORKFLOW")]
    [InlineData("{ workflow: child, input: { n: text } }", "CHILD_INPUT")]
    public void AChildThatCannotBe_FailsTheStep(string with, string code) => Assert.Equal(code, _node.StateOf(_node.Accept(Parent(with))).Failure!.Code);

    [Fact]
    public void AWorkflowThatRunsItself_StopsAtTheDepthLimit()
    {
        var id = _node.Accept(_node.Register("name: endless\nversion: 1\nsteps: [ { id: run, uses: workflow.run, with: { workflow: endless } } ]"));
        var failure = _node.StateOf(id).Failure!;
        Assert.Equal("CHILD_FAILED", failure.Code);
        Assert.Contains("11 jobs below the first; at most 10", failure.Message, StringComparison.Ordinal);
        Assert.Equal(11, _node.Disk.Journal.Select(entry => entry.Id).Distinct().Count());
    }

    [Fact]
    public void AParentOfAnotherTenant_IsRefused()
    {
        var id = _node.Accept(Parent("{ workflow: gate }"));
        var spec = _node.Register("steps: [ { id: a, uses: noop } ]") with { Tenant = "other", Parent = new ParentReference(id, "run", null) };
        Assert.Equal("unknown-parent", Assert.IsType<CommandReply.Refused>(_node.Submit(spec)).Rejection.Code);
    }

    private JobSpec Parent(string with) => _node.Register($"steps: [ {{ id: run, uses: workflow.run, with: {with} }} ]");

    private IReadOnlyList<JobId> ChildrenOf(JobId id) =>
        [.. _node.Disk.Watches(id, 100).Where(edge => edge.Watcher == id && edge.Kind == WatchKind.Child).Select(edge => edge.Watched)];

    private Principal SubmitterOf(JobId id)
    {
        var first = _node.Disk.Events(id, 0, 1)[0];
        return ((JobEvent.Submitted)EventCodec.Decode(first.Type, first.At, first.Payload.Span)).By;
    }
}
