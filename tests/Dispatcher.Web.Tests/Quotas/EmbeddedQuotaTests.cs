using Dispatcher.Store;
using Dispatcher.Web.Tests.Support;
using Microsoft.Extensions.DependencyInjection;

namespace Dispatcher.Web.Tests.Quotas;

/// <summary>Quota from within the application.</summary>
public sealed class EmbeddedQuotaTests : ServiceTest
{
    private const string Tenant = "default";
    private const string Meter = "minutes";

    private IQuota Quota => Service.Services.GetRequiredService<IQuota>();

    [Fact]
    public async Task Orders_DoWhatTheyDoOverRest()
    {
        Assert.Null(await Quota.Find(Tenant, Meter));
        Assert.True(await Quota.SetPlan(Tenant, Meter, new QuotaPlan("free", 10)));
        Assert.True(await Quota.Check(Tenant, Meter, 9.5m));
        Assert.False(await Quota.Check(Tenant, Meter, 10.5m));
        Assert.Equal(8, Assert.IsType<QuotaResult.Done>(await Quota.Reserve(Tenant, Meter, "a", 7.2m)).Hold.Amount);
        Assert.IsType<QuotaResult.Short>(await Quota.Reserve(Tenant, Meter, "b", 3));
        Assert.IsType<QuotaResult.Done>(await Quota.Reserve(Tenant, Meter, "c", 2, TimeSpan.FromMinutes(1)));
        Assert.False(await Quota.SetPlan(Tenant, Meter, new QuotaPlan("free", 9)));
        Assert.Equal(3, Assert.IsType<QuotaResult.Done>(await Quota.Commit(Tenant, Meter, "a", 2.1m)).Account.Used);
        Assert.IsType<QuotaResult.Done>(await Quota.Rollback(Tenant, Meter, "c"));
        Assert.IsType<QuotaResult.NotFound>(await Quota.Rollback(Tenant, Meter, "d"));
        var account = (await Quota.Find(Tenant, Meter))!;
        Assert.Equal((3L, 0L, 7L), (account.Used, account.Reserved, account.Remaining));
    }

    [Fact]
    public async Task Mistakes_AreThrown()
    {
        await Assert.ThrowsAsync<ArgumentException>(() => Quota.SetPlan(Tenant, Meter, new QuotaPlan("free", -1)));
        await Quota.SetPlan(Tenant, Meter, new QuotaPlan("free", 10));
        await Assert.ThrowsAnyAsync<ArgumentException>(() => Quota.Reserve(Tenant, Meter, "a", -1));
        await Assert.ThrowsAsync<ArgumentException>(() => Quota.Reserve(Tenant, Meter, "job:01890000-0000-7000-8000-000000000000", 1));
    }
}
