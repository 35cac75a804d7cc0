using Dispatcher.Jobs;

namespace Dispatcher.Actors.Tests.JobActors;

/// <summary>A workflow names what it needs by a code; which handler that is, each installation decides, when the step runs.</summary>
public sealed class CapabilityTests
{
    private const string Code = "yogacoach.pipeline_orchestrator";

    private readonly MemoryNode _node = new();

    [Fact]
    public void AJob_IsParkedWithTheReason_UntilItsCapabilityIsBound()
    {
        var id = _node.Accept(_node.Register($"steps: [ {{ id: a, uses: {Code}, with: {{ x: 1 }} }} ]"));
        Assert.Equal(
            $"Step a uses the handler '{Code}', which this node does not have. Add it, or bind the name in dispatcher.capabilities.",
            _node.Do(() => _node.Gateway.Inspect(id))!.Parked);

        _node.Capabilities[Code] = "noop";
        _node.Restart();

        Assert.Equal((JobStatus.Completed, """{"x":1}"""), (_node.StateOf(id).Status, _node.StateOf(id).Step("a").Output!.Value.GetRawText()));
    }

    [Fact]
    public void AStep_IsRunByTheHandlerThatIsBoundWhenItRuns_NotWhenItsJobWasMade()
    {
        _node.Capabilities[Code] = "noop";
        _node.Restart();
        var id = _node.Accept(_node.Register($"steps: [ {{ id: wait, uses: delay, with: {{ duration: 1h }} }}, {{ id: a, uses: {Code}, needs: [wait] }} ]"));

        _node.Capabilities[Code] = "fail";
        _node.Restart();
        _node.Advance(TimeSpan.FromHours(2));

        Assert.Equal((JobStatus.Failed, "the step was told to fail"), (_node.StateOf(id).Status, _node.StateOf(id).Failure!.Message));
    }
}
