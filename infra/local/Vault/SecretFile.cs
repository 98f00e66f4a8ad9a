using System.Security.Cryptography;
using System.Text.Json;

namespace Atp.Local.Vault;

/// <summary>All secrets in one file, encrypted with AES-GCM; the key is in a file of its own that only the owner
/// may read. This keeps secrets out of backups and searches of the data file alone, no more: who has both has all.</summary>
internal sealed class SecretFile
{
    private const int KeyBytes = 32;
    private static readonly int NonceBytes = AesGcm.NonceByteSizes.MaxSize;
    private static readonly int TagBytes = AesGcm.TagByteSizes.MaxSize;

    private readonly string path;
    private readonly byte[] key;

    private SecretFile(string path, byte[] key)
    {
        this.path = path;
        this.key = key;
    }

    public static SecretFile Open(string folder) => new(
        Path.Combine(folder, "secrets.bin"),
        PrivateFile.ReadOrCreate(Path.Combine(folder, "secrets.key"), () => RandomNumberGenerator.GetBytes(KeyBytes)));

    /// <summary>Empty when there is no file yet.</summary>
    /// <exception cref="CryptographicException">Another key, or the file was changed.</exception>
    public Secret[] Read()
    {
        if (!File.Exists(path))
        {
            return [];
        }
        var content = File.ReadAllBytes(path).AsSpan();
        if (content.Length < NonceBytes + TagBytes)
        {
            throw new CryptographicException($"{path} is cut off.");
        }
        var plain = new byte[content.Length - NonceBytes - TagBytes];
        using var aes = new AesGcm(key, TagBytes);
        aes.Decrypt(content[..NonceBytes], content[(NonceBytes + TagBytes)..], content.Slice(NonceBytes, TagBytes), plain);
        return JsonSerializer.Deserialize<Secret[]>(plain) ?? [];
    }

    public void Write(IEnumerable<Secret> secrets)
    {
        var plain = JsonSerializer.SerializeToUtf8Bytes(secrets);
        var content = new byte[NonceBytes + TagBytes + plain.Length].AsSpan();
        RandomNumberGenerator.Fill(content[..NonceBytes]);
        using var aes = new AesGcm(key, TagBytes);
        aes.Encrypt(content[..NonceBytes], plain, content[(NonceBytes + TagBytes)..], content.Slice(NonceBytes, TagBytes));
        PrivateFile.Write(path, content);
    }
}
