//! basic-ftp, for Node.js.

use std::process::Command;

use ftplab_tests::{Site, available, finish, has_program};

/// Its checks are the test's. `NODE_PATH` says where the package is.
const SESSION: &str = r#"
const assert = require("assert"), fs = require("fs"), ftp = require("basic-ftp");
const [host, port, secure, times] = process.argv.slice(1);
const access = { host, port: +port, user: "ann", password: "secret" };
if (secure === "true") {
    access.secure = true;
    access.secureOptions = { ca: fs.readFileSync("server.pem"), checkServerIdentity: () => undefined };
}
(async () => {
    const client = new ftp.Client(50000);
    await assert.rejects(client.access({ ...access, password: "wrong" }), { code: 530 });
    await client.access(access);
    const listed = Object.fromEntries((await client.list()).map(entry => [entry.name, entry]));
    assert.strictEqual(listed["a b"].isDirectory, true);
    assert.strictEqual(listed.large.size, 5242880);
    assert.strictEqual(listed.link.link, "text");
    if (times === "true") assert.strictEqual(+listed.text.modifiedAt, 981726646000);
    assert.strictEqual(+await client.lastMod("text"), 981726646000);
    for (const [folder, name] of [["a b", "in ner"], ["qu\"o'te", "f\"x"], ["-dash", "-f"], ["ünï", "日本.txt"]]) {
        await client.cd("/" + folder);
        // It leaves the quotes of 257 doubled.
        assert.strictEqual((await client.pwd()).replaceAll('""', '"'), "/" + folder);
        assert.deepStrictEqual((await client.list()).map(entry => entry.name), [name]);
    }
    await client.cd("/");
    await client.downloadToDir("down", "tree");
    fs.cpSync("down", "source", { recursive: true });
    // It ends the upload of an empty file before its own handshake is over.
    if (secure === "true") fs.rmSync("source/empty");
    await client.uploadFromDir("source", "up");
    await client.ensureDir("new folder/deep");
    await client.downloadTo("large", "/large");
    await client.uploadFrom("large", "a");
    assert.strictEqual(await client.size("a"), 5242880);
    await client.appendFrom("large", "a");
    assert.strictEqual(await client.size("a"), 2 * 5242880);
    await client.rename("a", "b");
    fs.writeFileSync("resumed", fs.readFileSync("large").subarray(0, 1048576));
    await client.downloadTo("resumed", "/large", 1048576);
    await client.remove("b");
    await client.downloadTo("empty", "/empty");
    assert.strictEqual(fs.statSync("empty").size, 0);
    await client.cd("/");
    await client.removeDir("new folder");
    assert.strictEqual((await client.list("many")).length, 1000);
    assert.strictEqual((await client.list("void")).length, 0);
    await assert.rejects(client.downloadTo("nothing", "nothing"), { code: 550 });
    client.close();
})().catch(error => { console.error(error); process.exit(1); });
"#;

#[test]
fn moves_trees_and_files() {
    if !has_program("node") {
        return;
    }
    let output = finish(Command::new("node").args(["-e", "require('basic-ftp')"]));
    if !available(
        "basic-ftp for Node.js, in NODE_PATH",
        output.status.success(),
    ) {
        return;
    }
    Site::everywhere(|site| {
        std::os::unix::fs::symlink("text", site.served("link")).unwrap();
        for secure in ["false", "true"] {
            let (ip, port, times) = (site.ip(), site.port(), site.sets_times.to_string());
            site.run("node", ["-e", SESSION, &ip, &port, secure, &times]);
            site.assert_same_tree("down", "tree");
            site.assert_same_tree("source", "up");
            site.assert_same("large", "large");
            site.assert_same("resumed", "large");
            assert!(!site.served("new folder").exists());
            for left in [site.served("up"), site.home("down"), site.home("source")] {
                std::fs::remove_dir_all(left).unwrap();
            }
            std::fs::remove_file(site.home("resumed")).unwrap();
        }
    });
}
