using Dispatcher.JobActors.Explaining;
using Dispatcher.Jobs;
using Dispatcher.Steps.Workers;

namespace Dispatcher.Actors.Tests.JobActors;

/// <summary>What "why" says of steps that external workers do, in a whole node.</summary>
public sealed class WorkerWhyTests
{
    private readonly MemoryNode _node = new(null, new WorkerHandler());

    [Fact]
    public void Why_TellsTheQueueAndThePlace_UntilAWorkerHasTheStep()
    {
        var spec = _node.Register("steps: [ { id: a, uses: worker, with: { queue: video } } ]");
        var (first, second) = (_node.Accept(spec), _node.Accept(spec));
        var why = Explain(second);
        Assert.Equal((WhyReason.Worker, 2), (why.Reason, why.Position));
        Assert.Equal("Step a waits for a worker of queue 'video': 1 before it, no worker asks for tasks of this queue (attempt 1).", why.Sentence);
        var lease = Assert.Single(Lease());
        Assert.Equal(first, lease.Key.JobId);
        Assert.Equal((WhyReason.Running, "gpu-1"), (Explain(first).Reason, Assert.Single(Explain(first).Steps).Worker));
        Assert.Equal(1, Explain(second).Position);
    }

    [Fact]
    public void Why_SaysThatAStepWaits_WhenItsLeaseWasGivenBack()
    {
        var id = _node.Accept(_node.Register("steps: [ { id: a, uses: worker, with: { queue: video } } ]"));
        var leases = Lease();
        _node.Do(() =>
        {
            _node.Node.Workers!.GiveBack(leases);
            return Task.FromResult(0);
        });
        Assert.NotNull(_node.StateOf(id).Step("a").Lease);
        Assert.Equal(WhyReason.Worker, Explain(id).Reason);
    }

    private JobExplanation Explain(JobId id) => _node.Do(() => _node.Gateway.Explain(id))!;

    private IReadOnlyList<WorkerLease> Lease() =>
        _node.Do(async () => (IReadOnlyList<WorkerLease>)await _node.Node.Workers!.Lease(new LeaseRequest("default", ["video"], "gpu-1", 1, TimeSpan.Zero), CancellationToken.None));
}
