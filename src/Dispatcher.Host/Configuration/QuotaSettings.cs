using Dispatcher.Coordination;
using Dispatcher.Store;

namespace Dispatcher.Host.Configuration;

/// <summary><c>dispatcher.quota</c></summary>
internal static class QuotaSettings
{
    public static QuotaOptions From(CheckedSettings settings)
    {
        var (name, upgrade) = (settings.Text("dispatcher.quota.default-plan.name"), settings.Text("dispatcher.quota.default-plan.upgrade"));
        var limit = settings.Integer("dispatcher.quota.default-plan.limit");
        return new QuotaOptions
        {
            DefaultPlan = name.Length > 0 ? new QuotaPlan(name, limit, upgrade.Length > 0 ? upgrade : null) : null,
            ExpiryInterval = settings.Duration("dispatcher.quota.expiry-interval"),
        };
    }
}
