using Microsoft.Extensions.Logging;

namespace Dispatcher.Store.Postgres;

public sealed partial class PostgresJobStore
{
    [LoggerMessage(EventId = 2201, Level = LogLevel.Information,
        Message = "Opened the store in the schema {Schema} as incarnation {Incarnation}, {ShardCount} shards")]
    private partial void LogOpened(string schema, long incarnation, int shardCount);

    [LoggerMessage(EventId = 2202, Level = LogLevel.Warning,
        Message = "This node could not say that it leaves; the others find out by its heartbeat")]
    private partial void LogLeaveFailed(Exception failure);

    [LoggerMessage(EventId = 2203, Level = LogLevel.Warning,
        Message = "The journal's partitions of the coming months could not be made ({Reason}); until the owner of the schema makes them, rows go to the default partition")]
    private partial void LogPartitionsMissing(string reason);
}
