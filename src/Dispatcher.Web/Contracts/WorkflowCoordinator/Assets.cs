using System.Security.Cryptography;
using System.Text;
using Dispatcher.Jobs;

namespace Dispatcher.Web.Contracts.WorkflowCoordinator;

/// <summary>An image of a campaign.</summary>
/// <param name="Id">Made of the campaign and the name, so the same file always has the same id.</param>
/// <param name="Path">Below the tenant's folder of files, as providers' steps name it.</param>
internal sealed record Asset(Guid Id, string Name, string Path);

/// <summary>
/// The images of campaigns: files in <c>{files}/{tenant}/campaigns/{campaign}/</c>, which somebody has laid there. There is nothing to register and nothing to keep: the
/// directory is looked at for each request.
/// </summary>
internal sealed class Assets(string filesDirectory)
{
    /// <summary>Files of a campaign that are looked at.</summary>
    public const int Limit = 1000;

    private static readonly HashSet<string> Images = new([".jpg", ".jpeg", ".png", ".webp"], StringComparer.OrdinalIgnoreCase);

    /// <summary>The campaign's images by their names; null if the tenant has no such campaign.</summary>
    /// <exception cref="IOException">The folder cannot be read.</exception>
    public IReadOnlyList<Asset>? Find(string tenant, Guid campaign)
    {
        if (!TenantName.IsValid(tenant)) return null;
        var folder = new DirectoryInfo(System.IO.Path.Combine(filesDirectory, tenant, "campaigns", campaign.ToString("D")));
        if (!folder.Exists) return null;
        return
        [
            .. folder.EnumerateFiles().Where(file => file.LinkTarget is null && Images.Contains(file.Extension)).OrderBy(file => file.Name, StringComparer.Ordinal).Take(Limit)
                .Select(file => new Asset(IdOf(tenant, campaign, file.Name), file.Name, $"campaigns/{campaign:D}/{file.Name}")),
        ];
    }

    private static Guid IdOf(string tenant, Guid campaign, string name)
    {
        var hash = SHA256.HashData(Encoding.UTF8.GetBytes($"{tenant}/{campaign:D}/{name}"));
        hash[6] = (byte)((hash[6] & 0x0f) | 0x80);
        hash[8] = (byte)((hash[8] & 0x3f) | 0x80);
        return new Guid(hash.AsSpan(0, 16), bigEndian: true);
    }
}
