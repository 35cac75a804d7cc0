using System.Threading.Channels;
using Dispatcher.Feed;
using Dispatcher.Jobs;
using Dispatcher.Web.Hosting;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Contracts.TalkAvocado;

/// <summary>
/// Writes the status of this node's jobs into their manifests, for whoever reads the files alone. Best effort: a status that it misses, since it was slow or its process
/// ended, is written when the job is shown next.
/// </summary>
internal sealed partial class TalkManifestFollower(DispatcherEngine engine, TalkManifests manifests, ILogger<TalkManifestFollower> logger) : IHostedLifecycleService
{
    private readonly CancellationTokenSource _stopping = new();
    private JobFeed.Subscription? _subscription;
    private Task _following = Task.CompletedTask;

    public Task StartAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    public Task StartedAsync(CancellationToken cancellationToken)
    {
        if (!engine.Options.Contracts.Contains(Contract.TalkAvocado)) return Task.CompletedTask;
        engine.Reborn += FollowAnew;
        _following = Follow(Listen().Messages);
        return Task.CompletedTask;
    }

    public Task StoppingAsync(CancellationToken cancellationToken) => Task.CompletedTask;

    /// <summary>Before the engine, which takes its feed along. What has been said is still written, if the application's patience lasts.</summary>
    public async Task StopAsync(CancellationToken cancellationToken)
    {
        engine.Reborn -= FollowAnew;
        _subscription?.Dispose();
        await using (cancellationToken.Register(_stopping.Cancel)) await _following;
    }

    public Task StoppedAsync(CancellationToken cancellationToken)
    {
        _stopping.Dispose();
        return Task.CompletedTask;
    }

    private JobFeed.Subscription Listen() => _subscription = engine.Node.Feed.Subscribe();

    /// <summary>A new node has taken the place of the old one, whose feed says nothing more.</summary>
    private void FollowAnew(object? sender, EventArgs none)
    {
        var (old, before) = (_subscription, _following);
        var messages = Listen().Messages;
        old?.Dispose();
        _following = Task.WhenAll(before, Follow(messages));
    }

    private async Task Follow(ChannelReader<FeedMessage> messages)
    {
        try
        {
            await foreach (var message in messages.ReadAllAsync(_stopping.Token))
            {
                if (message is FeedMessage.Committed committed && committed.Events.Any(ChangesStatus) && TalkManifests.Has(committed.State)) await Write(committed.State);
            }
        }
        catch (OperationCanceledException) when (_stopping.IsCancellationRequested)
        {
            // What was not written is written when somebody asks.
        }
    }

    /// <summary>Whatever is wrong with one job, the others are followed.</summary>
    private async Task Write(JobState state)
    {
        try
        {
            await manifests.Ensure(state, _stopping.Token);
        }
        catch (Exception fault) when (fault is not OperationCanceledException || !_stopping.IsCancellationRequested)
        {
            LogNotWritten(logger, state.Id, fault.Message);
        }
    }

    private static bool ChangesStatus(JobEvent @event) => @event is JobEvent.Submitted or JobEvent.Started or JobEvent.Recovering or JobEvent.Completed or JobEvent.Failed or JobEvent.Cancelled or JobEvent.Rejected;

    [LoggerMessage(EventId = 4303, Level = LogLevel.Warning, Message = "The status of job {JobId} could not be written into its manifest: {Cause}")]
    private static partial void LogNotWritten(ILogger logger, JobId jobId, string cause);
}
