using Dispatcher.Store;
using Dispatcher.Web.Hosting;

namespace Dispatcher.Web.Embedding;

/// <summary>Asks the engine of this process, whichever node it runs now.</summary>
internal sealed class EngineQuota(DispatcherEngine engine) : IQuota
{
    public async Task<QuotaAccount?> Find(string tenant, string meter) => await engine.Quota.Find(tenant, meter);

    public async Task<bool> SetPlan(string tenant, string meter, QuotaPlan plan) => (await engine.Quota.SetPlan(tenant, meter, plan)).IsSet;

    public async Task<bool> Check(string tenant, string meter, decimal amount) => (await engine.Quota.Check(tenant, meter, amount)).Shortage is null;

    public async Task<QuotaResult> Reserve(string tenant, string meter, string reservation, decimal amount, TimeSpan? hold) =>
        await engine.Quota.Reserve(tenant, meter, reservation, amount, hold);

    public async Task<QuotaResult> Commit(string tenant, string meter, string reservation, decimal used) => await engine.Quota.Commit(tenant, meter, reservation, used);

    public async Task<QuotaResult> Rollback(string tenant, string meter, string reservation) => await engine.Quota.Rollback(tenant, meter, reservation);
}
