using System.Collections.Concurrent;
using System.Threading.Channels;
using Dispatcher.Jobs;

namespace Dispatcher.Feed;

/// <summary>What a subscriber of the feed receives.</summary>
public abstract record FeedMessage
{
    private FeedMessage()
    {
    }

    /// <summary>Events of a job were committed; the state is the one after them.</summary>
    public sealed record Committed(JobState State, IReadOnlyList<JobEvent> Events) : FeedMessage;

    /// <summary>A running step is this far. Not durable.</summary>
    public sealed record Progressed(JobId JobId, StepKey Step, double Percent, string? Message) : FeedMessage;
}

/// <summary>
/// Committed events to whoever listens in this process, each with the state after it, so that nobody folds twice: for code beside the engine that begins with its own
/// command, like the command line. What comes from elsewhere or wants to resume follows <see cref="EventFeed"/>. A subscriber has a bounded buffer; one that falls behind loses the oldest messages and is
/// told so, and reads the journal from where it was.
/// </summary>
public sealed class JobFeed
{
    private readonly ConcurrentDictionary<Subscription, byte> _subscriptions = new();
    private readonly ConcurrentDictionary<JobId, TaskCompletionSource<JobState>> _ends = new();
    private int _subscribers;

    /// <summary>Subscriptions that are open now.</summary>
    public int Subscribers => Volatile.Read(ref _subscribers);

    /// <summary>Listens to one job, or to all.</summary>
    /// <param name="job">The job, or null for all.</param>
    /// <param name="capacity">Messages kept for a slow reader.</param>
    public Subscription Subscribe(JobId? job = null, int capacity = 4096)
    {
        var subscription = new Subscription(this, job, capacity);
        _subscriptions.TryAdd(subscription, 0);
        Interlocked.Increment(ref _subscribers);
        return subscription;
    }

    /// <summary>
    /// The state with which a job ends next. Ask before giving the command that may end it: an end that lies in the past is not seen.
    /// </summary>
    public Task<JobState> WhenEnded(JobId id) =>
        _ends.GetOrAdd(id, static _ => new TaskCompletionSource<JobState>(TaskCreationOptions.RunContinuationsAsynchronously)).Task;

    /// <summary>Nobody waits for this job's end any more.</summary>
    public void Forget(JobId id) => _ends.TryRemove(id, out _);

    /// <summary>Tells whoever waits for a job's end of one that was read, and not heard of.</summary>
    public void Ended(JobState state)
    {
        if (_ends.TryRemove(state.Id, out var waiting)) waiting.TrySetResult(state);
    }

    internal void Publish(JobState state, IReadOnlyList<JobEvent> events)
    {
        if (Volatile.Read(ref _subscribers) > 0) Publish(state.Id, new FeedMessage.Committed(state, events));
        if (state.Status.IsTerminal()) Ended(state);
    }

    internal void Publish(JobId id, FeedMessage message)
    {
        if (Volatile.Read(ref _subscribers) == 0) return;
        foreach (var (subscription, _) in _subscriptions)
        {
            if (subscription.Job is null || subscription.Job == id) subscription.Offer(message);
        }
    }

    private void Remove(Subscription subscription)
    {
        if (_subscriptions.TryRemove(subscription, out _)) Interlocked.Decrement(ref _subscribers);
    }

    /// <summary>One listener; dispose it to stop listening.</summary>
    public sealed class Subscription : IDisposable
    {
        private readonly JobFeed _feed;
        private readonly Channel<FeedMessage> _channel;
        private long _lost;

        internal Subscription(JobFeed feed, JobId? job, int capacity)
        {
            (_feed, Job) = (feed, job);
            var options = new BoundedChannelOptions(capacity) { FullMode = BoundedChannelFullMode.DropOldest, SingleReader = true };
            _channel = Channel.CreateBounded<FeedMessage>(options, _ => Interlocked.Increment(ref _lost));
        }

        internal JobId? Job { get; }

        public ChannelReader<FeedMessage> Messages => _channel.Reader;

        /// <summary>Messages dropped because the reader was slow; read the journal to catch up.</summary>
        public long Lost => Interlocked.Read(ref _lost);

        public void Dispose()
        {
            _feed.Remove(this);
            _channel.Writer.TryComplete();
        }

        internal void Offer(FeedMessage message) => _channel.Writer.TryWrite(message);
    }
}
