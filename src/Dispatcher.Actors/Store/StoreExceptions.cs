namespace Dispatcher.Store;

/// <summary>The store cannot be opened or read. The message says what is wrong and what to do, for an operator.</summary>
public class StoreException(string message, Exception? inner = null) : Exception(message, inner)
{
    /// <summary>True when there is no room on the disk.</summary>
    public virtual bool IsDiskFull => false;
}

/// <summary>The database has a schema that this version of the program cannot use.</summary>
public sealed class StoreVersionException(string message) : StoreException(message);

/// <summary>Another process works in this data directory; two writers would destroy each other's work.</summary>
/// <param name="processId">The other process, if it could be told.</param>
public sealed class DataDirectoryInUseException(string dataDirectory, int? processId)
    : StoreException(
        $"The data directory {dataDirectory} is in use by {(processId is { } id ? $"the process {id}" : "another process")}. " +
        "Stop that process, or give this one a data directory of its own.")
{
    public string DataDirectory { get; } = dataDirectory;

    public int? ProcessId { get; } = processId;
}
