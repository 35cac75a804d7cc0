using System.Collections.Immutable;
using Dispatcher.Feed;
using Dispatcher.Host.Composition;
using Dispatcher.Host.Terminal;
using Dispatcher.JobActors;
using Dispatcher.Jobs;

namespace Dispatcher.Host.Commands;

/// <summary>How the watching of a job ended.</summary>
internal enum FollowEnd
{
    /// <summary>The job has ended.</summary>
    Ended,

    /// <summary>A second Ctrl-C: leave everything as it is.</summary>
    Left,

    /// <summary>SIGTERM: the node has stopped cleanly, the job goes on at the next start.</summary>
    Stopped,
}

/// <summary>Watches one job to its end, shows it, and passes on what the user's signals ask.</summary>
internal sealed class JobFollower(EmbeddedEngine engine, IRunView view, HostEdges edges) : IDisposable
{
    /// <summary>The least time between two questions to the job what its steps wait for.</summary>
    private static readonly TimeSpan InspectEvery = TimeSpan.FromMilliseconds(500);

    /// <summary>The time between two looks into the store, in a cluster.</summary>
    private static readonly TimeSpan LookEvery = TimeSpan.FromSeconds(1);

    private const int JournalPage = 1000;

    private readonly Dictionary<StepKey, double> _percents = [];
    private readonly Dictionary<StepKey, string> _messages = [];
    private JobFeed.Subscription? _feed;
    private JobState _state = JobState.Initial(null!);
    private long _shown;
    private JobProgress _progress;
    private ImmutableArray<StepWait> _waits = [];
    private DateTimeOffset _inspectedAt;
    private DateTimeOffset _lookedAt;
    private bool _cancelSent;

    /// <summary>The job as last seen.</summary>
    public JobState State => _state;

    /// <summary>Begins to listen; call it before the command that makes the job, so that nothing is missed.</summary>
    public void Listen(JobId id)
    {
        _feed?.Dispose();
        _feed = engine.Node.Feed.Subscribe(id);
    }

    /// <summary>Shows a job that goes on as it was when its last process ended.</summary>
    public void Begin(JobState state) => view.Begin(state);

    /// <summary>Watches the job that <see cref="Listen"/> named.</summary>
    /// <param name="id">The job; it exists.</param>
    /// <param name="shownFrom">Events after this one are shown: 0 for all of them.</param>
    public async Task<FollowEnd> Follow(JobId id, long shownFrom)
    {
        var inspection = await engine.Node.Gateway.Inspect(id) ?? throw new CommandException(ExitCode.NotFound, $"There is no job {id}.");
        if (inspection.Parked is { } parked) throw new CommandException(ExitCode.Failed, $"The job {id} cannot go on here: {parked}");
        _state = inspection.State!;
        _shown = shownFrom;
        await CatchUp(_state);
        var end = FollowEnd.Ended;
        await view.Around(async () => end = await Watch(id));
        return end;
    }

    public void Dispose() => _feed?.Dispose();

    private async Task<FollowEnd> Watch(JobId id)
    {
        Task<bool>? more = null;
        while (true)
        {
            await TakeMessages();
            if (edges.Signals.InterruptedAgain.IsCompleted) return FollowEnd.Left;
            if (_state.Status.IsTerminal()) return Finish(FollowEnd.Ended);
            if (edges.Signals.Terminated.IsCompleted) return await Stop();
            if (edges.Signals.Interrupted.IsCompleted && !_cancelSent) await Cancel(id);
            if (view.RefreshEvery is not null) await Inspect(id);
            if (engine.Node.Cluster is not null) await Look(id);
            Draw();
            if (more is null or { IsCompleted: true }) more = _feed!.Messages.WaitToReadAsync().AsTask();
            await Wait(more);
        }
    }

    private async Task TakeMessages()
    {
        while (_feed!.Messages.TryRead(out var message))
        {
            switch (message)
            {
                case FeedMessage.Committed committed:
                    await Take(committed);
                    break;
                case FeedMessage.Progressed progressed:
                    _percents[progressed.Step] = progressed.Percent;
                    if (progressed.Message is { } text) _messages[progressed.Step] = text;
                    break;
            }
        }
    }

    private async Task Take(FeedMessage.Committed committed)
    {
        if (committed.State.SequenceNr <= _shown) return;
        if (committed.State.SequenceNr - committed.Events.Count != _shown)
        {
            await CatchUp(committed.State);
            return;
        }

        foreach (var @event in committed.Events) Forget(@event);
        view.Committed(committed.Events);
        _state = committed.State;
        _shown = _state.SequenceNr;
    }

    /// <summary>A new attempt starts at nothing.</summary>
    private void Forget(JobEvent @event)
    {
        if (@event is not JobEvent.StepStarted started) return;
        var key = new StepKey(started.Step, started.Item);
        _percents.Remove(key);
        _messages.Remove(key);
    }

    /// <summary>Reads from the journal what the feed did not bring: it drops messages when the reader is slow.</summary>
    private async Task CatchUp(JobState target)
    {
        while (_shown < target.SequenceNr)
        {
            var page = await engine.Store.ReadEvents(target.Id, _shown, (int)Math.Min(JournalPage, target.SequenceNr - _shown));
            if (page.Count == 0) break;
            view.Committed(page.Select(stored => EventCodec.Decode(stored.Type, stored.At, stored.Payload.Span)));
            _shown = page[^1].SequenceNr;
        }

        _state = target;
    }

    private async Task Cancel(JobId id)
    {
        _cancelSent = true;
        view.Note("Cancelling the job. Ctrl-C once more leaves at once.");
        var reply = await engine.Node.Gateway.Send(id, new JobCommand.Cancel(Submitter.Me, "Ctrl-C", edges.Time.GetUtcNow()));
        if (reply is CommandReply.Unavailable unavailable) view.Note($"The job cannot be cancelled now: {unavailable.Cause}");
    }

    private async Task<FollowEnd> Stop()
    {
        view.Note("Stopping: no step starts any more, running ones get a moment to end.");
        Draw();
        var stop = engine.Node.Stop();
        if (await Task.WhenAny(stop, edges.Signals.InterruptedAgain) != stop) return FollowEnd.Left;
        await stop;
        await TakeMessages();
        return Finish(_state.Status.IsTerminal() ? FollowEnd.Ended : FollowEnd.Stopped);
    }

    /// <summary>Only a job that is in memory anyway is asked: a sleeping one has nothing that waits for admission.</summary>
    private async Task Inspect(JobId id)
    {
        var now = edges.Time.GetUtcNow();
        if (_state.Wait.Kind != JobWaitKind.Active || now - _inspectedAt < InspectEvery) return;
        _inspectedAt = now;
        if (await engine.Node.Gateway.Inspect(id) is not { State: not null } inspection) return;
        _waits = inspection.Waits;
        foreach (var (step, percent) in inspection.Progress) _percents[step] = percent;
    }

    /// <summary>A job of a cluster may go on at another node, whose events come from the store alone.</summary>
    private async Task Look(JobId id)
    {
        var now = edges.Time.GetUtcNow();
        if (now - _lookedAt < LookEvery) return;
        _lookedAt = now;
        if ((await engine.Store.ReadEvents(id, _shown, 1)).Count == 0) return;
        if (await engine.Node.Gateway.Inspect(id) is { State: { } state }) await CatchUp(state);
    }

    private FollowEnd Finish(FollowEnd end)
    {
        _waits = [];
        Draw();
        return end;
    }

    private void Draw()
    {
        _progress = _progress.Next(_state, _percents);
        view.Draw(new RunPicture(_state, _progress, _percents, _messages, _waits, edges.Time.GetUtcNow()));
    }

    /// <summary>Until something comes, a signal asks for something new, or the picture is due.</summary>
    private async Task Wait(Task<bool> more)
    {
        var signals = edges.Signals;
        var asked = _cancelSent ? signals.InterruptedAgain : signals.Interrupted;
        if ((view.RefreshEvery ?? (engine.Node.Cluster is null ? null : LookEvery)) is not { } interval)
        {
            await Task.WhenAny(more, asked, signals.Terminated);
            return;
        }

        using var timer = new CancellationTokenSource();
        var due = Task.Delay(interval, edges.Time, timer.Token);
        // Without a picture, what comes is shown at once.
        await (view.RefreshEvery is null ? Task.WhenAny(more, due, asked, signals.Terminated) : Task.WhenAny(due, asked, signals.Terminated));
        await timer.CancelAsync();
    }
}
