using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Globalization;
using Dispatcher.Feed;
using Dispatcher.Web.Access;
using Microsoft.AspNetCore.SignalR;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Web.Live;

/// <summary>
/// One connection to the hub with what it follows. Each subscription has a reader of its own, which waits for the connection to take a message before it reads on:
/// nothing queues up here for a client that is slow.
/// </summary>
internal sealed partial class HubClient : IDisposable
{
    public const int SubscriptionLimit = 100;

    private readonly ConcurrentDictionary<string, IDisposable> _subscriptions = new(StringComparer.Ordinal);
    private readonly ISingleClientProxy _client;
    private readonly Action _abort;
    private readonly CancellationToken _aborted;
    private readonly CancellationTokenRegistration _keyEnded;
    private readonly LiveClock _clock;
    private readonly ILogger _logger;
    private int _named;

    /// <param name="abort">Closes the connection; called too when the caller's key ends.</param>
    public HubClient(ISingleClientProxy client, Action abort, CancellationToken aborted, Caller caller, LiveClock clock, ILogger logger)
    {
        (_client, _abort, _aborted, Caller, _clock, _logger) = (client, abort, aborted, caller, clock, logger);
        _keyEnded = caller.Ended.Register(abort);
    }

    public Caller Caller { get; }

    /// <summary>Begins to send what the subscription gives. False if the connection follows as many as it may.</summary>
    public bool TryAdd(FeedSubscription subscription, [NotNullWhen(true)] out string? name) => TryAdd(subscription, name => Run(name, subscription), out name);

    /// <summary>The same of schedules.</summary>
    public bool TryAdd(ScheduleSubscription subscription, [NotNullWhen(true)] out string? name) => TryAdd(subscription, name => Run(name, subscription), out name);

    public void Remove(string name)
    {
        if (_subscriptions.TryRemove(name, out var subscription)) subscription.Dispose();
    }

    public void Dispose()
    {
        _keyEnded.Dispose();
        foreach (var (name, _) in _subscriptions) Remove(name);
    }

    private bool TryAdd(IDisposable subscription, Func<string, Task> run, [NotNullWhen(true)] out string? name)
    {
        // The hub calls for one connection at a time, so nobody adds meanwhile.
        name = null;
        if (_subscriptions.Count >= SubscriptionLimit) return false;
        name = string.Create(CultureInfo.InvariantCulture, $"s{++_named}");
        _subscriptions.TryAdd(name, subscription);
        _ = run(name);
        return true;
    }

    private Task Run(string name, FeedSubscription subscription) => Run(name, subscription.Poke, subscription.Scope.ToString(), async send =>
    {
        while (await subscription.Read(_aborted) is { IsClosed: false } batch)
        {
            if (batch.IsReload) await send("Reload", HubJson.Write(new ReloadView(name, subscription.Scope.Write(subscription.Position))));
            foreach (var next in batch.Events) await send("JobEvent", new RawJson(next.Json));
            foreach (var progress in batch.Progress) await send("JobProgress", new RawJson(progress.Json));
        }
    });

    private Task Run(string name, ScheduleSubscription subscription) => Run(name, subscription.Poke, "schedules", async send =>
    {
        while (await subscription.Read(_aborted) is { IsClosed: false } batch)
        {
            if (batch.IsReload) await send("Reload", HubJson.Write(new ReloadView(name, subscription.Scope.Write(subscription.Position))));
            foreach (var next in batch.Events) await send("ScheduleEvent", new RawJson(next.ToJson()));
        }
    });

    private async Task Run(string name, Action poke, string scope, Func<Func<string, RawJson, ValueTask>, Task> read)
    {
        using var connection = _clock.Watch(poke, _abort);
        try
        {
            // The answer to the call is written first, as a rule.
            await Task.Yield();
            await read(Send);
        }
        catch (OperationCanceledException) when (_aborted.IsCancellationRequested)
        {
            // The connection is gone.
        }
        catch (Exception failure)
        {
            // Without its feed a connection is of no use; the client comes back and resumes.
            LogFailed(failure, scope);
            _abort();
        }

        ValueTask Send(string message, RawJson json) => connection.Write(async () => await _client.SendAsync(message, json, name, _aborted));
    }

    [LoggerMessage(Level = LogLevel.Error, Message = "A hub connection lost its subscription to {Scope} and was closed")]
    private partial void LogFailed(Exception failure, string scope);
}
