using Dispatcher.JobActors;
using Dispatcher.Kernel;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Coordination;

/// <summary>
/// Loads jobs that are due, page by page: the next page is read when every job of the last one has had its first turn, so however many there are,
/// only so many are loaded at once and others find the store free. A job that does not settle is left to itself after a while, and a store that cannot be read is asked
/// again after a moment, for as long as it takes: what is due must not wait longer than the store.
/// </summary>
internal abstract partial class DueLoader(IJobStore store, JobGateway gateway, int limitJobs, ILogger logger) : Actor
{
    /// <summary>How long a page waits for its slowest job, which may be one whose actor fails again and again.</summary>
    private static readonly TimeSpan LongestPage = TimeSpan.FromSeconds(10);

    private static readonly TimeSpan RetryDelay = TimeSpan.FromMilliseconds(500);

    protected IJobStore Store { get; } = store;

    private DateTimeOffset _dueAt;
    private DueCursor? _cursor;
    private TimerQueue.Entry? _late;
    private TimerQueue.Entry? _again;
    private Page? _page;

    protected internal sealed override ValueTask Started() => Handle(Again.Instance);

    protected internal sealed override ValueTask Receive(object message) => Handle(message);

    private async ValueTask Handle(object message)
    {
        try
        {
            await Turn(message);
        }
        catch (StoreException failure)
        {
            LogNotRead(logger, RetryDelay.TotalSeconds, failure.Message);
            // What was given to jobs of a page is theirs; nobody waits for it any more.
            _page = null;
            _late?.Dispose();
            _again?.Dispose();
            _again = Self.System.Timers.Schedule(RetryDelay, Self, Again.Instance);
        }
    }

    private ValueTask Turn(object message)
    {
        switch (message)
        {
            case Again:
                return Begin();
            case Page page when page != _page:
                // Of a page that was given up.
                return ValueTask.CompletedTask;
            case Page page:
                return --page.Open == 0 ? Next() : ValueTask.CompletedTask;
            case PageIsLate late when late.Page != _page:
                return ValueTask.CompletedTask;
            case PageIsLate late:
                LogLate(logger, late.Page.Open, LongestPage.TotalSeconds);
                return Next();
            default:
                return ReceiveOther(message);
        }
    }

    protected internal override void Stopped()
    {
        _late?.Dispose();
        _again?.Dispose();
    }

    /// <summary>Begins, or goes on after the store could not be read.</summary>
    protected abstract ValueTask Begin();

    /// <summary>Whose jobs are loaded; null for everybody's.</summary>
    protected virtual ShardSet? Shards => null;

    /// <summary>True while pages are loaded.</summary>
    protected bool IsLoading => _page is not null;

    /// <summary>Loads what is due at a time, after the given place; ends with <see cref="Ended"/>.</summary>
    protected ValueTask Load(DateTimeOffset dueAt, DueCursor? after)
    {
        (_dueAt, _cursor) = (dueAt, after);
        return ReadPage();
    }

    /// <summary>Jobs of a page that were not in memory; told when the page is given to them.</summary>
    protected virtual void Loaded(int jobs, DueCursor last)
    {
    }

    /// <summary>Nothing more is due.</summary>
    protected abstract ValueTask Ended();

    protected abstract ValueTask ReceiveOther(object message);

    /// <summary>A short page was the last one: what became due since is for the next time.</summary>
    private ValueTask Next()
    {
        _late?.Dispose();
        if (_page!.IsFull) return ReadPage();
        _page = null;
        return Ended();
    }

    private async ValueTask ReadPage()
    {
        var due = await Store.ReadDue(_dueAt, _cursor, limitJobs, Shards);
        var page = _page = new Page(due.Count, due.Count == limitJobs);
        if (due.Count == 0)
        {
            await Next();
            return;
        }

        _cursor = new DueCursor(due[^1].WakeAt, due[^1].History.Id);
        _late = Self.System.Timers.Schedule(LongestPage, Self, new PageIsLate(page));
        var loaded = due.Count(job => gateway.Load(job.History, Self, page));
        Loaded(loaded, _cursor);
    }

    [LoggerMessage(250, LogLevel.Warning, "{Jobs} due jobs are not loaded after {Seconds} s; they are left to themselves, and others go on.")]
    private static partial void LogLate(ILogger logger, int jobs, double seconds);

    [LoggerMessage(251, LogLevel.Warning, "Which jobs are due could not be read; asked again in {Seconds} s: {Cause}")]
    private static partial void LogNotRead(ILogger logger, double seconds, string cause);

    private sealed class Again
    {
        public static Again Instance { get; } = new();
    }

    /// <summary>Jobs that are loaded together; each tells this when it has had its first turn.</summary>
    private sealed class Page(int jobs, bool isFull)
    {
        public int Open { get; set; } = jobs;

        public bool IsFull { get; } = isFull;
    }

    private sealed record PageIsLate(Page Page);
}
