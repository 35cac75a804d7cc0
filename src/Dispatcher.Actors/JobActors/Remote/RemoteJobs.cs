using System.Collections.Concurrent;
using System.Collections.Immutable;
using System.Text.Json;
using Dispatcher.JobActors.Explaining;
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

    /// <summary>Nobody waits long for an explanation: what the store knows is told instead.</summary>
    private static readonly TimeSpan ExplainWait = TimeSpan.FromSeconds(2);

    private readonly ConcurrentDictionary<long, TaskCompletionSource<ReadOnlyMemory<byte>?>> _waiting = new();
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
        foreach (var (_, answered) in _waiting) answered.TrySetResult(null);
    }

    /// <summary>What the owner of a job says of why it waits; null if it says nothing that the store does not know, or does not answer.</summary>
    internal async Task<JobExplanation?> Explain(JobId id, string tenant)
    {
        try
        {
            return await Ask(id, ExplainCodec.Kind, ExplainCodec.Encode(new ExplainQuestion(tenant)), ExplainWait) is { } answer ? ExplainCodec.DecodeAnswer(answer.Span) : null;
        }
        catch (Exception failure) when (failure is StoreException or JsonException)
        {
            return null;
        }
    }

    private static JobId IdOf(CommandMessage message) => message.Command is JobCommand.Submit submit ? submit.Id : message.For;

    private async Task Give(JobId id, CommandMessage message)
    {
        message.For = id;
        try
        {
            if (await Ask(id, RemoteCodec.Kind, RemoteCodec.Encode(message), wait) is { } answer) await Answer(message, answer);
            else message.Answer(new CommandReply.Accepted(IdOf(message)));
        }
        catch (StoreException failure)
        {
            message.Answer(new CommandReply.Unavailable(failure.Message));
        }
    }

    /// <returns>Null when there was no answer in time.</returns>
    /// <exception cref="StoreException">The question is not durable.</exception>
    private async Task<ReadOnlyMemory<byte>?> Ask(JobId id, string kind, byte[] payload, TimeSpan patience)
    {
        var number = await cluster.GiveCommand(new NewClusterCommand(id, kind, payload));
        var answered = _waiting[number] = new TaskCompletionSource<ReadOnlyMemory<byte>?>(TaskCreationOptions.RunContinuationsAsynchronously);
        if (OwnerOf(id) is { } owner) cluster.Hint(new ClusterHint(ClusterHintKind.Commands, owner));
        if (_early.TryRemove(number, out var early)) answered.TrySetResult(early);
        using var timer = new CancellationTokenSource();
        await Task.WhenAny(answered.Task, Task.Delay(patience, services.System.Time, timer.Token));
        // Not CancelAsync: that would leave the kernel's scheduler.
        timer.Cancel();
        _waiting.TryRemove(number, out _);
        return answered.Task.IsCompleted ? await answered.Task : null;
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
                    if (_waiting.TryGetValue(number, out var answered)) answered.TrySetResult(answer);
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
        if (_waiting.TryGetValue(number, out var answered) && _early.TryRemove(number, out _)) answered.TrySetResult(answer);
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
