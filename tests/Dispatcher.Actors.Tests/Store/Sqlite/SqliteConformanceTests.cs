using Dispatcher.Store;
using Dispatcher.Store.Sqlite;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Store.Sqlite;

/// <summary>SQLite stores on one directory that is removed at the end.</summary>
internal sealed class SqliteData : IDisposable
{
    private readonly TemporaryDirectory _directory = new();

    public SqliteJobStore Open() => Open(new SqliteStoreOptions { DataDirectory = "" }.BatchLimitEvents);

    public SqliteJobStore Open(int batchLimitEvents) => SqliteJobStore.Open(
        new SqliteStoreOptions { DataDirectory = _directory.Path, BatchLimitEvents = batchLimitEvents }, TimeProvider.System, NullLogger.Instance);

    public void Dispose() => _directory.Dispose();
}

public sealed class SqliteJobStoreConformanceTests : JobStoreConformance
{
    private readonly SqliteData _data = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _data.Dispose();
    }

    protected override Task<IJobStore> OpenStore() => Task.FromResult<IJobStore>(_data.Open());

    protected override ValueTask FenceOff(IJobStore store)
    {
        ((SqliteJobStore)store).FenceOff(store.Incarnation);
        return ValueTask.CompletedTask;
    }
}

public sealed class SqliteAccessStoreConformanceTests : AccessStoreConformance
{
    private readonly SqliteData _data = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _data.Dispose();
    }

    protected override Task<IJobStore> OpenStore() => Task.FromResult<IJobStore>(_data.Open());
}

public sealed class SqliteDeliveryStoreConformanceTests : DeliveryStoreConformance
{
    private readonly SqliteData _data = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _data.Dispose();
    }

    protected override Task<IJobStore> OpenStore() => Task.FromResult<IJobStore>(_data.Open());
}

public sealed class SqliteRetentionStoreConformanceTests : RetentionStoreConformance
{
    private readonly SqliteData _data = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _data.Dispose();
    }

    protected override Task<IJobStore> OpenStore() => Task.FromResult<IJobStore>(_data.Open());
}

public sealed class SqliteScheduleStoreConformanceTests : ScheduleStoreConformance
{
    private readonly SqliteData _data = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _data.Dispose();
    }

    protected override Task<IJobStore> OpenStore() => Task.FromResult<IJobStore>(_data.Open());
}

public sealed class SqliteScheduleCancelConformanceTests : ScheduleCancelConformance
{
    private readonly SqliteData _data = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _data.Dispose();
    }

    protected override Task<IJobStore> OpenStore() => Task.FromResult<IJobStore>(_data.Open());
}

public sealed class SqliteModelTests : StoreModelTests, IDisposable
{
    private readonly SqliteData _data = new();

    public void Dispose() => _data.Dispose();

    protected override Task<IJobStore> OpenStore(int batchLimitEvents) => Task.FromResult<IJobStore>(_data.Open(batchLimitEvents));
}

public sealed class SqliteQuotaStoreConformanceTests : QuotaStoreConformance
{
    private readonly SqliteData _data = new();

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        _data.Dispose();
    }

    protected override Task<IJobStore> OpenStore() => Task.FromResult<IJobStore>(_data.Open());
}
