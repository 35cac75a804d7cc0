using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Store.Sqlite;

public sealed class SqliteJobStoreConformanceTests : JobStoreConformance
{
    private readonly TemporaryDirectory _directory = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _directory.Dispose();
    }

    protected override IJobStore OpenStore() =>
        SqliteJobStore.Open(new SqliteStoreOptions { DataDirectory = _directory.Path }, TimeProvider.System, NullLogger.Instance);

    protected override void FenceOff(IJobStore store) => ((SqliteJobStore)store).FenceOff(store.Incarnation);
}
