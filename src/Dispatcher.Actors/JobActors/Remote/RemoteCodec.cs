using System.Text.Json;
using System.Text.Json.Serialization;
using Dispatcher.Jobs;

namespace Dispatcher.JobActors.Remote;

/// <summary>Commands and replies as they go from node to node through the store.</summary>
internal static class RemoteCodec
{
    /// <summary>The kind of what this codec writes.</summary>
    public const string Kind = "command";

    private const string Done = "done";
    private const string Duplicate = "duplicate";
    private const string Refused = "refused";

    public static byte[] Encode(CommandMessage message) => JsonSerializer.SerializeToUtf8Bytes(
        new RemoteCommand(CommandCodec.Encode(message.Command), message.Guard?.Tenant, message.Guard is not null, message.Guard?.ExpectedVersion, message.ChildOf), RemoteJson.Default.RemoteCommand);

    /// <exception cref="JsonException">A newer version has written it.</exception>
    public static CommandMessage Decode(ReadOnlySpan<byte> payload, long number)
    {
        var given = JsonSerializer.Deserialize(payload, RemoteJson.Default.RemoteCommand) ?? throw new JsonException("A command is null.");
        return new CommandMessage(CommandCodec.Decode(given.Command), given.IsGuarded ? new CommandGuard(given.Tenant, given.ExpectedVersion) : null) { ChildOf = given.ChildOf, Remote = number };
    }

    /// <summary>What a reply says; null for one that is no answer: the command is to be given again.</summary>
    public static byte[]? Encode(CommandReply reply) => reply switch
    {
        CommandReply.Done done => Encode(new RemoteReply(Done) { SequenceNr = done.SequenceNr, Flag = done.Changed }),
        CommandReply.Duplicate duplicate => Encode(new RemoteReply(Duplicate) { Job = duplicate.Existing, Flag = duplicate.SameRequest }),
        CommandReply.Refused refused => Encode(new RemoteReply(Refused) { SequenceNr = refused.SequenceNr, Code = refused.Rejection.Code, Message = refused.Rejection.Message, Quota = refused.Rejection.Quota }),
        _ => null,
    };

    /// <summary>The reply, with the job as of the event that it names.</summary>
    /// <param name="stateAt">Reads the job as of an event.</param>
    public static async ValueTask<CommandReply> Decode(ReadOnlyMemory<byte> answer, Func<long, ValueTask<JobState?>> stateAt)
    {
        var reply = JsonSerializer.Deserialize(answer.Span, RemoteJson.Default.RemoteReply) ?? throw new JsonException("A reply is null.");
        switch (reply)
        {
            case { Kind: Done, SequenceNr: { } sequenceNr }:
                return await stateAt(sequenceNr) is { } state ? new CommandReply.Done(state, reply.Flag) : throw new JsonException("A reply names an event that is not there.");
            case { Kind: Duplicate, Job: { } existing }:
                return new CommandReply.Duplicate(existing, reply.Flag);
            default:
                return new CommandReply.Refused(
                    new Rejection(reply.Code ?? "refused", reply.Message ?? "The command was refused.") { Quota = reply.Quota }, reply.SequenceNr is { } number ? await stateAt(number) : null);
        }
    }

    private static byte[] Encode(RemoteReply reply) => JsonSerializer.SerializeToUtf8Bytes(reply, RemoteJson.Default.RemoteReply);
}

/// <param name="Command">As <see cref="CommandCodec"/> writes it.</param>
internal sealed record RemoteCommand(byte[] Command, string? Tenant, bool IsGuarded, long? ExpectedVersion, JobId? ChildOf);

internal sealed record RemoteReply(string Kind)
{
    public long? SequenceNr { get; init; }

    public JobId? Job { get; init; }

    public bool Flag { get; init; }

    public string? Code { get; init; }

    public string? Message { get; init; }

    public QuotaShortage? Quota { get; init; }
}

[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.SnakeCaseLower, DefaultIgnoreCondition = JsonIgnoreCondition.WhenWritingNull)]
[JsonSerializable(typeof(RemoteCommand))]
[JsonSerializable(typeof(RemoteReply))]
internal sealed partial class RemoteJson : JsonSerializerContext;
