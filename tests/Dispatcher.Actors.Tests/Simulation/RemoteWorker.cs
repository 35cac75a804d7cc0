using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Steps.Workers;

namespace Dispatcher.Actors.Tests.Simulation;

/// <summary>
/// A worker of a <see cref="WorkerWorld"/>, as a program outside would be: it asks, works, says that it lives, answers, and gives an answer again until it
/// hears one. By chance it dies, forgets its heartbeats, or does not hear an answer that was given.
/// </summary>
internal sealed class RemoteWorker(WorkerWorld world, string name)
{
    private const int Capacity = 2;
    private static readonly TimeSpan Patience = TimeSpan.FromSeconds(5);

    private readonly List<Held> _held = [];
    private readonly List<Held> _done = [];
    private Task<ImmutableArray<WorkerLease>>? _poll;
    private CancellationTokenSource? _connection;

    /// <summary>The server is gone: whatever was asked is not answered.</summary>
    public void LoseConnection()
    {
        _poll = null;
        foreach (var held in _held.Concat(_done)) held.Call = null;
    }

    /// <summary>Does one thing; false when there is nothing to do now.</summary>
    public bool Acts()
    {
        if (world.Happens(world.FaultChance)) return Die();
        if (_poll is { IsCompleted: true }) return TakeLeases();
        if (_poll is null && _held.Count < Capacity) return Ask();
        foreach (var held in _held) if (held.Acts(this)) return true;
        // Something that was answered long ago is said again, as a proxy or a confused worker might.
        return world.Happens(0.05) && _done.Count > 0 && _done[world.Pick(_done.Count)].SaysAgain();
    }

    private bool Ask()
    {
        _connection = new CancellationTokenSource();
        var gone = _connection.Token;
        var request = new LeaseRequest("default", ["a", "b"], name, Capacity - _held.Count, TimeSpan.FromSeconds(20));
        _poll = world.Call(desk => desk.Lease(request, gone));
        return true;
    }

    private bool TakeLeases()
    {
        var leases = _poll!.GetAwaiter().GetResult();
        _poll = null;
        // The answer is lost on its way: the worker never knows, the server neither.
        if (world.Happens(world.FaultChance)) return true;
        foreach (var lease in leases)
        {
            world.Log.Add($"{world.Now:T} {name} takes {lease.Key}");
            _held.Add(new Held(world, lease, TimeSpan.FromSeconds(world.Pick(15)), isSilent: world.Happens(world.FaultChance * 5)));
        }

        return true;
    }

    /// <summary>All that it had is lost; the next one of its name begins with nothing.</summary>
    private bool Die()
    {
        world.Log.Add($"{world.Now:T} {name} dies");
        _held.Clear();
        _poll = null;
        if (_connection is { } connection) world.Within(connection.Cancel);
        return true;
    }

    /// <summary>A task that it works on, or has answered.</summary>
    private sealed class Held(WorkerWorld world, WorkerLease lease, TimeSpan work, bool isSilent)
    {
        private readonly DateTimeOffset _doneAt = world.Now + work;
        private readonly bool _fails = world.Happens(0.1);
        private DateTimeOffset _beatAt = world.Now + lease.HeartbeatEvery;
        private DateTimeOffset _givenUpAt;

        public Task<DeskReply>? Call { get; set; }

        private string Words => $"{lease.Key.Token} by attempt {lease.Key.Attempt}";

        public bool Acts(RemoteWorker worker)
        {
            if (Call is { IsCompleted: true })
            {
                // A reply that gets lost: it says the same again.
                if (!world.Happens(world.FaultChance)) Hear(worker, Call.GetAwaiter().GetResult());
                Call = null;
                return true;
            }

            if (Call is not null && world.Now < _givenUpAt) return false;
            if (world.Now >= _doneAt) return Say();
            if (isSilent || world.Now < _beatAt) return false;
            _beatAt = world.Now + lease.HeartbeatEvery;
            _ = world.Call(desk => desk.Heartbeat("default", [new HeartbeatReport(lease.Key.ToText(), 50, null, JsonSerializer.SerializeToElement(1))]));
            return true;
        }

        public bool SaysAgain()
        {
            if (Call is { IsCompleted: true }) Check(Call.GetAwaiter().GetResult());
            return Say();
        }

        private bool Say()
        {
            _givenUpAt = world.Now + Patience;
            var key = lease.Key.ToText();
            Call = world.Call(desk => _fails
                ? desk.Fail("default", key, Failure.Of(ErrorClass.Transient, Words))
                : desk.Complete("default", key, JsonSerializer.SerializeToElement(Words), [], CancellationToken.None));
            return true;
        }

        private void Hear(RemoteWorker worker, DeskReply reply)
        {
            if (reply is DeskReply.NotYet) return;
            Check(reply);
            worker._held.Remove(this);
            if (reply is DeskReply.Accepted) worker._done.Add(this);
        }

        private void Check(DeskReply reply)
        {
            world.Log.Add($"{world.Now:T} {lease.Key}: {reply}");
            switch (reply)
            {
                case DeskReply.Accepted accepted:
                    world.Told[lease.Key] = Words;
                    if (accepted.Again) world.Again++;
                    break;
                case DeskReply.Lost when world.Told.ContainsKey(lease.Key):
                    world.Errors.Add($"{lease.Key} was told that its answer is durable, and then that the lease is lost.");
                    break;
                case DeskReply.Lost:
                    world.Refused++;
                    break;
                case not DeskReply.NotYet:
                    world.Errors.Add($"{lease.Key} was answered {reply}.");
                    break;
            }
        }
    }
}
