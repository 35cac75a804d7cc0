using Dispatcher.Actors.Tests.Simulation;
using Dispatcher.JobActors;
using Dispatcher.Jobs;
using static Dispatcher.Actors.Tests.JobActors.MemoryNode;

namespace Dispatcher.Actors.Tests.JobActors;

/// <summary>What an actor makes of an append whose fate the store did not tell.</summary>
public sealed class UnknownAppendTests
{
    private readonly MemoryNode _node = new(new NodeOptions { PassivateIfIdleFor = TimeSpan.Zero });

    [Theory]
    [InlineData(AppendFate.Lost)]
    [InlineData(AppendFate.LandsUnseen)]
    public void AJobThatIsThereAlready_IsReadAnew_WhenItsSecondSubmissionIsInDoubt(AppendFate fate)
    {
        var (spec, id, createdAt) = Waiting();

        SubmitAgain(spec, id, fate);

        Assert.Equal((JobStatus.Pending, createdAt), (_node.StateOf(id).Status, _node.StateOf(id).CreatedAt));
        _node.Give(id, new JobCommand.Approve(Ada, null, _node.Now));
        Assert.Equal((JobStatus.Completed, createdAt), (_node.Disk.Row(id)!.Status, _node.Disk.Row(id)!.CreatedAt));
    }

    [Theory]
    [InlineData(AppendFate.Lost)]
    [InlineData(AppendFate.LandsUnseen)]
    public void AJobThatHasGoneOn_IsReadAnew_WhenItsSecondSubmissionIsInDoubt(AppendFate fate)
    {
        var (spec, id, _) = Waiting();
        _node.Give(id, new JobCommand.Approve(Ada, null, _node.Now));
        var events = _node.EventsOf(id).ToList();

        SubmitAgain(spec, id, fate);

        Assert.Equal((JobStatus.Completed, events.Count), (_node.StateOf(id).Status, (int)_node.StateOf(id).SequenceNr));
        Assert.Equal(events, _node.EventsOf(id));
    }

    [Theory]
    [InlineData(AppendFate.Lost, 0)]
    [InlineData(AppendFate.LandsUnseen, 1)]
    public void ANewJob_IsThereIfItsSubmissionLanded_ThoughNobodyHeard(AppendFate fate, int events)
    {
        var spec = _node.Register("approval: required\nsteps: [ { id: a, uses: noop } ]");
        var id = _node.Gateway.NextJobId();

        SubmitAgain(spec, id, fate);

        Assert.Equal(events, _node.EventsOf(id).Count());
        Assert.Equal(events == 1, _node.Do(() => _node.Gateway.Inspect(id)) is not null);
    }

    /// <summary>A job that has left memory, an hour ago.</summary>
    private (JobSpec Spec, JobId Id, DateTimeOffset CreatedAt) Waiting()
    {
        var spec = _node.Register("approval: required\nsteps: [ { id: a, uses: noop } ]");
        var (id, createdAt) = (_node.Accept(spec), _node.Now);
        _node.Advance(TimeSpan.FromHours(1));
        Assert.Equal(0, _node.Node.ResidentJobs);
        return (spec, id, createdAt);
    }

    private void SubmitAgain(JobSpec spec, JobId id, AppendFate fate)
    {
        _node.Fate = () => ValueTask.FromResult(fate);
        var reply = _node.Begin(() => _node.Gateway.Submit(spec, Ada, id));
        _node.Fate = static () => ValueTask.FromResult(AppendFate.Lands);
        _node.Advance(TimeSpan.FromSeconds(10));
        Assert.IsType<CommandReply.Unavailable>(AnswerOf(reply));
    }
}
