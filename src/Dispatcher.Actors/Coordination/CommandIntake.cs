using System.Text.Json;
using Dispatcher.JobActors;
using Dispatcher.JobActors.Remote;
using Dispatcher.Kernel;
using Dispatcher.Store;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Coordination;

/// <summary>
/// Carries out the commands that other nodes have left for this node's jobs. The answer is written with the events that a command causes, or by itself if it causes none;
/// until then the command stays, for whoever owns the job by then.
/// </summary>
internal sealed partial class CommandIntake(IClusterStore cluster, JobServices services, JobGateway gateway, ILogger logger) : Actor
{
    /// <summary>Commands that one look reads, and about so many are under way at once.</summary>
    private const int PageLimit = 1000;

    private readonly HashSet<long> _underWay = [];
    private bool _wasFull;

    protected internal override ILogger Logger => logger;

    protected internal override async ValueTask Receive(object message)
    {
        if (message is Ended ended)
        {
            _underWay.Remove(ended.Command);
            if (!_wasFull || _underWay.Count > PageLimit / 2) return;
        }

        (message as Look)?.Taken();
        if (services.Shards.Owned is not { Shards.IsEmpty: false } shards || services.IsDraining) return;
        try
        {
            var commands = await cluster.ReadCommands(shards, PageLimit);
            _wasFull = commands.Count == PageLimit;
            foreach (var command in commands)
            {
                if (_underWay.Add(command.Id)) _ = Carry(command);
            }
        }
        catch (StoreException failure)
        {
            LogNotRead(logger, failure.Message);
        }
    }

    private async Task Carry(ClusterCommand command)
    {
        try
        {
            var isAnswered = command.Kind switch
            {
                RemoteCodec.Kind => await CarryOut(command),
                ExplainCodec.Kind => await Explain(command),
                _ => throw new JsonException($"'{command.Kind}' is no kind of command that this version knows."),
            };
            if (isAnswered) cluster.Hint(new ClusterHint(ClusterHintKind.Answers, command.Sender));
        }
        catch (StoreException failure)
        {
            LogNotAnswered(logger, command.Id, failure.Message);
        }
        catch (JsonException failure)
        {
            // It stays for a version that knows it; this process looks at it no more.
            LogNotUnderstood(logger, command.Id, command.Job, failure.Message);
            return;
        }

        Self.Tell(new Ended(command.Id));
    }

    /// <returns>False when it stays, to be carried out again.</returns>
    private async Task<bool> CarryOut(ClusterCommand command)
    {
        var message = RemoteCodec.Decode(command.Payload.Span, command.Id);
        services.Delivery.Deliver(command.Job, message);
        if (RemoteCodec.Encode(await message.Reply) is not { } answer) return false;
        if (!message.IsRecorded) await cluster.AnswerCommand(new CommandAnswer(command.Id, answer));
        return true;
    }

    /// <summary>Only of a job that is in memory: of others the store tells as much.</summary>
    private async Task<bool> Explain(ClusterCommand command)
    {
        var question = ExplainCodec.Decode(command.Payload.Span);
        var explanation = await gateway.InspectLoaded(command.Job, question.Tenant) is { } inspection ? await gateway.Explain(inspection) : null;
        await cluster.AnswerCommand(new CommandAnswer(command.Id, ExplainCodec.EncodeAnswer(explanation)));
        return true;
    }

    [LoggerMessage(320, LogLevel.Warning, "The commands of other nodes could not be read and are read again: {Cause}")]
    private static partial void LogNotRead(ILogger logger, string cause);

    [LoggerMessage(321, LogLevel.Warning, "Command {Command} could not be answered and is carried out again: {Cause}")]
    private static partial void LogNotAnswered(ILogger logger, long command, string cause);

    [LoggerMessage(322, LogLevel.Error, "Command {Command} for job {JobId} is not understood and waits for a newer version of this program: {Cause}")]
    private static partial void LogNotUnderstood(ILogger logger, long command, Jobs.JobId jobId, string cause);

    /// <summary>There may be commands. One is under way at most.</summary>
    public sealed class Look
    {
        private int _isUnderWay;

        public bool TrySend() => Interlocked.Exchange(ref _isUnderWay, 1) == 0;

        public void Taken() => Interlocked.Exchange(ref _isUnderWay, 0);
    }

    private sealed record Ended(long Command);
}
