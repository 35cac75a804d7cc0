using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.Jobs;
using Dispatcher.Kernel;
using Dispatcher.Sharding;
using Dispatcher.Store;

namespace Dispatcher.JobActors.Remote;

/// <summary>
/// Brings messages to jobs that another node owns: commands as durable rows whose answers come back, mail as a hint, questions by reading the store. There is no
/// other way between nodes.
/// </summary>
/// <remarks>
/// Whoever gave a command waits for its outcome for a bounded time, and is told then that the command is durable. An answer may be here before its command's number
/// is known: then it waits for it.
/// </remarks>
public sealed class RemoteJobs(IClusterStore cluster, JobServices services, ClusterLine line, TimeSpan wait)
{
    private const int EarlyLimit = 10_000;

    private readonly ConcurrentDictionary<long, CommandMessage> _waiting = new();
    private readonly ConcurrentDictionary<long, ReadOnlyMemory<byte>> _early = new();
    private int _isTaking;
    private int _mustTakeAgain;

    /// <summary>Commands that wait for their answers.</summary>
    public int Waiting => _waiting.Count;

    /// <summary>To a job that is not this node's.</summary>
    internal void Deliver(JobId id, object message)
    {
        switch (message)
        {
            case CommandMessage { Remote: not null } forwarded:
                // It came from another node while the shard was this one's: it stays in the store for whoever has it now.
                forwarded.Undelivered();
                break;
            case CommandMessage command:
                _ = Give(id, command);
                break;
            case InspectMessage inspect:
                _ = Read(id, inspect);
                break;
            case MailMessage:
                Wake([id]);
                break;
            case IDeadLetter letter:
                letter.Undelivered();
                break;
        }
    }

    /// <summary>Tells the owners of jobs that these have mail.</summary>
    internal void Wake(IReadOnlyList<JobId> jobs)
    {
        if (line.View is not { } view) return;
        foreach (var mail in jobs.GroupBy(job => view.Owners[ShardSet.ShardOf(job, cluster.ShardCount)]))
        {
            if (mail.Key is { } owner) cluster.Hint(new ClusterHint(ClusterHintKind.Mail, owner, [.. mail]));
        }
    }

    /// <summary>Looks for answers, if anybody waits for one.</summary>
    internal void TakeAnswers()
    {
        Interlocked.Exchange(ref _mustTakeAgain, 1);
        if (Interlocked.Exchange(ref _isTaking, 1) == 0) _ = TakeAllAnswers();
    }

    /// <summary>Nobody will hear an answer any more.</summary>
    internal void Close()
    {
        foreach (var number in _waiting.Keys)
        {
            if (_waiting.TryRemove(number, out var message)) message.Answer(new CommandReply.Accepted(IdOf(message)));
        }
    }

    private static JobId IdOf(CommandMessage message) => message.Command is JobCommand.Submit submit ? submit.Id : message.For;

    private async Task Give(JobId id, CommandMessage message)
    {
        message.For = id;
        long number;
        try
        {
            number = await cluster.GiveCommand(new NewClusterCommand(id, RemoteCodec.Kind, RemoteCodec.Encode(message)));
        }
        catch (StoreException failure)
        {
            message.Answer(new CommandReply.Unavailable(failure.Message));
            return;
        }

        _waiting[number] = message;
        if (OwnerOf(id) is { } owner) cluster.Hint(new ClusterHint(ClusterHintKind.Commands, owner));
        if (_early.TryRemove(number, out var early) && _waiting.TryRemove(number, out _))
        {
            await Answer(message, early);
            return;
        }

        await Task.Delay(wait, services.System.Time);
        if (_waiting.TryRemove(number, out _)) message.Answer(new CommandReply.Accepted(IdOf(message)));
    }

    private long? OwnerOf(JobId id) => line.View?.Owners[ShardSet.ShardOf(id, cluster.ShardCount)];

    private async Task TakeAllAnswers()
    {
        while (Interlocked.Exchange(ref _mustTakeAgain, 0) == 1)
        {
            try
            {
                foreach (var (number, answer) in await cluster.TakeAnswers())
                {
                    if (_waiting.TryRemove(number, out var message)) await Answer(message, answer);
                    else Keep(number, answer);
                }
            }
            catch (StoreException)
            {
                // They are in the store: the next sign of life brings the next look.
                break;
            }
        }

        Interlocked.Exchange(ref _isTaking, 0);
        if (Volatile.Read(ref _mustTakeAgain) == 1 && Interlocked.Exchange(ref _isTaking, 1) == 0) _ = TakeAllAnswers();
    }

    /// <summary>Of a command whose giver waits no more, or does not wait yet.</summary>
    private void Keep(long number, ReadOnlyMemory<byte> answer)
    {
        if (_early.Count >= EarlyLimit) _early.Clear();
        _early[number] = answer;
        if (_waiting.TryRemove(number, out var message) && _early.TryRemove(number, out _)) _ = Answer(message, answer);
    }

    private async Task Answer(CommandMessage message, ReadOnlyMemory<byte> answer)
    {
        try
        {
            message.Answer(await RemoteCodec.Decode(answer, sequenceNr => services.StateAt(IdOf(message), sequenceNr)));
        }
        catch (Exception failure) when (failure is StoreException or JsonException or JobParkedException)
        {
            message.Answer(new CommandReply.Accepted(IdOf(message)));
        }
    }

    private async Task Read(JobId id, InspectMessage inspect)
    {
        try
        {
            var state = await services.StateAt(id, long.MaxValue);
            inspect.Answer(state is not null && inspect.MaySee(state.Spec.Tenant) ? new JobInspection(state, [], ImmutableDictionary<StepKey, double>.Empty, null) : null);
        }
        catch (Exception failure) when (failure is StoreException or JobParkedException)
        {
            inspect.Answer(null);
        }
    }
}
