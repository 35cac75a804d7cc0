using System.Text.Json;
using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.JobActors;
using Dispatcher.Jobs;

namespace Dispatcher.Actors.Tests.JobActors;

/// <summary>The disk takes long, or takes nothing: whoever asks is told so, and what waits in memory is bounded.</summary>
public sealed class SlowDiskTests
{
    [Fact]
    public void OneMoreCommand_IsToldToComeAgain_WhenAsManyWaitForTheDiskAsMay()
    {
        var node = new MemoryNode(new NodeOptions { DrainTimeout = TimeSpan.Zero, CommandLimit = 3 });
        var spec = node.Register("steps: [ { id: a, uses: noop } ]");
        var disk = Hold(node);
        var waiting = Enumerable.Range(0, 3).Select(_ => node.Begin(() => node.Gateway.Submit(spec, MemoryNode.Ada))).ToList();

        Assert.IsType<CommandReply.Unavailable>(node.Submit(spec));
        Assert.IsType<CommandReply.Unavailable>(node.Submit(spec));
        Assert.All(waiting, reply => Assert.False(reply.IsCompleted));

        Release(node, disk);
        Assert.All(waiting, reply => Assert.IsType<CommandReply.Done>(MemoryNode.AnswerOf(reply)));
        node.Accept(spec);
    }

    [Fact]
    public void OneMoreCommand_IsToldToComeAgain_WhenTheInputsOfThoseThatWaitTakeAsMuchMemoryAsTheyMay()
    {
        var node = new MemoryNode(new NodeOptions { DrainTimeout = TimeSpan.Zero, CommandLimitBytes = 1000 });
        var small = node.Register("steps: [ { id: a, uses: noop } ]");
        var big = small with { Input = JsonSerializer.SerializeToElement(new { text = new string('x', 600) }) };
        node.Accept(small with { Input = JsonSerializer.SerializeToElement(new { text = new string('x', 2000) }) });
        var disk = Hold(node);
        var first = node.Begin(() => node.Gateway.Submit(big, MemoryNode.Ada));

        Assert.IsType<CommandReply.Unavailable>(node.Submit(big));
        var second = node.Begin(() => node.Gateway.Submit(small, MemoryNode.Ada));

        Release(node, disk);
        Assert.IsType<CommandReply.Done>(MemoryNode.AnswerOf(first));
        Assert.IsType<CommandReply.Done>(MemoryNode.AnswerOf(second));
        node.Accept(big);
    }

    [Fact]
    public void AnOrder_IsGivenBackWithTheReason_AndHasNoEffect_WhenItCannotBeWritten()
    {
        var node = new MemoryNode();
        var id = node.Accept(node.Register("steps: [ { id: a, uses: delay, with: { duration: 1h } } ]"));
        node.Fate = static () => ValueTask.FromResult(AppendFate.Lost);
        var reply = node.Begin(() => node.Gateway.Send(id, new JobCommand.Cancel(MemoryNode.Ada, null, node.Gateway.Now)));
        node.Advance(TimeSpan.FromSeconds(1));

        Assert.IsType<CommandReply.Unavailable>(MemoryNode.AnswerOf(reply));
        node.Fate = static () => ValueTask.FromResult(AppendFate.Lands);
        node.Advance(TimeSpan.FromHours(1));
        Assert.Equal(JobStatus.Completed, node.StateOf(id).Status);
    }

    [Fact]
    public void AnOrder_IsCarriedOut_AndItsGiverHearsNothingOfIt_WhenOneWriteFails()
    {
        var node = new MemoryNode();
        var id = node.Accept(node.Register("steps: [ { id: a, uses: delay, with: { duration: 1h } } ]"));
        node.Fate = () =>
        {
            node.Fate = static () => ValueTask.FromResult(AppendFate.Lands);
            return ValueTask.FromResult(AppendFate.Lost);
        };
        var reply = node.Begin(() => node.Gateway.Send(id, new JobCommand.Cancel(MemoryNode.Ada, null, node.Gateway.Now)));
        node.Advance(TimeSpan.FromSeconds(1));

        Assert.IsType<CommandReply.Done>(MemoryNode.AnswerOf(reply));
        Assert.Equal(JobStatus.Cancelled, node.StateOf(id).Status);
    }

    [Fact]
    public void AnOrder_IsGivenBack_WhenItsJobTriesToWriteSomethingElseAllTheTime()
    {
        var node = new MemoryNode();
        var id = node.Accept(node.Register("steps: [ { id: a, uses: delay, with: { duration: 10s } } ]"));
        node.Fate = static () => ValueTask.FromResult(AppendFate.Lost);
        node.Advance(TimeSpan.FromMinutes(5));
        var reply = node.Begin(() => node.Gateway.Send(id, new JobCommand.Cancel(MemoryNode.Ada, null, node.Gateway.Now)));
        var inspection = node.Begin(() => node.Gateway.Inspect(id));
        node.Advance(TimeSpan.FromSeconds(5));

        Assert.IsType<CommandReply.Unavailable>(MemoryNode.AnswerOf(reply));
        Assert.NotNull(MemoryNode.AnswerOf(inspection));
        node.Fate = static () => ValueTask.FromResult(AppendFate.Lands);
        node.Advance(TimeSpan.FromSeconds(5));
        Assert.Equal(JobStatus.Completed, node.StateOf(id).Status);
    }

    [Fact]
    public void AJob_GoesOnByItself_WhenTheDiskTakesWritesAgain()
    {
        var node = new MemoryNode();
        var id = node.Accept(node.Register("steps: [ { id: a, uses: delay, with: { duration: 10s } }, { id: b, uses: noop, needs: [a] } ]"));
        node.Fate = static () => ValueTask.FromResult(AppendFate.Lost);
        node.Advance(TimeSpan.FromMinutes(5));
        node.Fate = static () => ValueTask.FromResult(AppendFate.Lands);
        node.Advance(TimeSpan.FromSeconds(15));

        Assert.Equal(JobStatus.Completed, node.StateOf(id).Status);
    }

    private static TaskCompletionSource<AppendFate> Hold(MemoryNode node)
    {
        var disk = new TaskCompletionSource<AppendFate>();
        node.Fate = () => new ValueTask<AppendFate>(disk.Task);
        return disk;
    }

    private static void Release(MemoryNode node, TaskCompletionSource<AppendFate> disk)
    {
        node.Fate = static () => ValueTask.FromResult(AppendFate.Lands);
        node.Within(() => disk.SetResult(AppendFate.Lands));
    }
}
