using Dispatcher.Store;
using Dispatcher.Store.Postgres;
using Microsoft.Extensions.Logging.Abstractions;

namespace Dispatcher.Actors.Tests.Store.Postgres;

[Collection(PostgresCollection.Name)]
public sealed class PostgresJobStoreConformanceTests : JobStoreConformance
{
    private PostgresData? _data;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _data!.DisposeAsync();
    }

    protected override async Task<IJobStore> OpenStore() => await (_data ??= await PostgresData.Create()).Open();

    protected override ValueTask FenceOff(IJobStore store) => ((PostgresJobStore)store).FenceOff(store.Incarnation);
}

[Collection(PostgresCollection.Name)]
public sealed class PostgresAccessStoreConformanceTests : AccessStoreConformance
{
    private PostgresData? _data;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _data!.DisposeAsync();
    }

    protected override async Task<IJobStore> OpenStore() => await (_data ??= await PostgresData.Create()).Open();
}

[Collection(PostgresCollection.Name)]
public sealed class PostgresDeliveryStoreConformanceTests : DeliveryStoreConformance
{
    private PostgresData? _data;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _data!.DisposeAsync();
    }

    protected override async Task<IJobStore> OpenStore() => await (_data ??= await PostgresData.Create()).Open();
}

[Collection(PostgresCollection.Name)]
public sealed class PostgresRetentionStoreConformanceTests : RetentionStoreConformance
{
    private PostgresData? _data;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _data!.DisposeAsync();
    }

    protected override async Task<IJobStore> OpenStore() => await (_data ??= await PostgresData.Create()).Open();
}

[Collection(PostgresCollection.Name)]
public sealed class PostgresScheduleStoreConformanceTests : ScheduleStoreConformance
{
    private PostgresData? _data;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _data!.DisposeAsync();
    }

    protected override async Task<IJobStore> OpenStore() => await (_data ??= await PostgresData.Create()).Open();
}

[Collection(PostgresCollection.Name)]
public sealed class PostgresScheduleCancelConformanceTests : ScheduleCancelConformance
{
    private PostgresData? _data;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _data!.DisposeAsync();
    }

    protected override async Task<IJobStore> OpenStore() => await (_data ??= await PostgresData.Create()).Open();
}

[Collection(PostgresCollection.Name)]
public sealed class PostgresModelTests : StoreModelTests, IAsyncLifetime
{
    private PostgresData _data = null!;

    public async Task InitializeAsync() => _data = await PostgresData.Create();

    public async Task DisposeAsync() => await _data.DisposeAsync();

    protected override async Task<IJobStore> OpenStore(int batchLimitEvents) =>
        await PostgresJobStore.Open(_data.Options with { BatchLimitEvents = batchLimitEvents }, TimeProvider.System, NullLogger.Instance);
}

[Collection(PostgresCollection.Name)]
public sealed class PostgresQuotaStoreConformanceTests : QuotaStoreConformance
{
    private PostgresData? _data;

    public override async Task DisposeAsync()
    {
        await base.DisposeAsync();
        await _data!.DisposeAsync();
    }

    protected override async Task<IJobStore> OpenStore() => await (_data ??= await PostgresData.Create()).Open();
}
