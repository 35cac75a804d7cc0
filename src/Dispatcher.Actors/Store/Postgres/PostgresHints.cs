using System.Threading.Channels;
using Microsoft.Extensions.Logging;

namespace Dispatcher.Store.Postgres;

/// <summary>
/// Sends hints to other nodes by NOTIFY, apart from commits, which would otherwise wait for each other at the server's queue of notifications. What comes while
/// one round is under way goes together with the next; equal hints go once. What cannot be sent is dropped: a hint is never the truth.
/// </summary>
internal sealed partial class PostgresHints : IAsyncDisposable
{
    private const int WaitingLimit = 10_000;

    private readonly Channel<ClusterHint> _waiting = Channel.CreateBounded<ClusterHint>(new BoundedChannelOptions(WaitingLimit) { SingleReader = true, FullMode = BoundedChannelFullMode.DropOldest });
    private readonly PostgresDatabase _database;
    private readonly ILogger _logger;
    private readonly Task _sending;

    public PostgresHints(PostgresDatabase database, ILogger logger)
    {
        (_database, _logger) = (database, logger);
        _sending = SendAll();
    }

    public void Send(ClusterHint hint) => _waiting.Writer.TryWrite(hint);

    public async ValueTask DisposeAsync()
    {
        _waiting.Writer.TryComplete();
        await _sending;
    }

    private async Task SendAll()
    {
        var round = new List<ClusterHint>();
        while (await _waiting.Reader.WaitToReadAsync())
        {
            while (_waiting.Reader.TryRead(out var hint)) round.Add(hint);
            try
            {
                await Send(Texts(round));
            }
            catch (StoreException failure)
            {
                LogNotSent(_logger, failure.Message);
            }

            round.Clear();
        }
    }

    private async Task Send(string[] texts) => await _database.Read(async (database, connection) =>
    {
        await using var command = database.Command(connection, PostgresSql.Hint);
        command.Add(texts);
        return await command.ExecuteNonQueryAsync();
    });

    /// <summary>Mail for one receiver goes together.</summary>
    private static string[] Texts(List<ClusterHint> round)
    {
        var texts = new HashSet<string>(StringComparer.Ordinal);
        foreach (var hint in round.Where(hint => hint.Kind != ClusterHintKind.Mail)) texts.Add(ClusterJson.Write(hint));
        foreach (var mail in round.Where(hint => hint.Kind == ClusterHintKind.Mail).GroupBy(hint => hint.To))
        {
            foreach (var jobs in mail.SelectMany(hint => hint.Jobs).Distinct().Chunk(ClusterJson.JobsPerHint))
                texts.Add(ClusterJson.Write(new ClusterHint(ClusterHintKind.Mail, mail.Key, [.. jobs])));
        }

        return [.. texts];
    }

    [LoggerMessage(EventId = 2110, Level = LogLevel.Debug, Message = "Hints to other nodes were not sent: {Cause}")]
    private static partial void LogNotSent(ILogger logger, string cause);
}
