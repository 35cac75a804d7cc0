using Microsoft.Extensions.Logging;

namespace Dispatcher.Store.Sqlite;

public sealed partial class SqliteJobStore
{
    [LoggerMessage(EventId = 2101, Level = LogLevel.Information,
        Message = "Opened the store in {DataDirectory} as incarnation {Incarnation}, synchronous {Synchronous}")]
    private partial void LogOpened(string dataDirectory, long incarnation, SqliteSynchronous synchronous);

    [LoggerMessage(EventId = 2102, Level = LogLevel.Warning,
        Message = "The store could not be tidied up at its end; the next start does it")]
    private partial void LogCloseFailed(Exception failure);
}
